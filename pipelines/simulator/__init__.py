"""A tax system to practise on: a real HTTP server on this machine, with invented invoices, and faults to play."""

from pipelines.simulator.books import SimulatedBooks, make_books
from pipelines.simulator.faults import FAULTS, Fault, FaultKind
from pipelines.simulator.scenario import Scenario, load_scenario
from pipelines.simulator.server import Simulator

__all__ = [
    "FAULTS",
    "Fault",
    "FaultKind",
    "Scenario",
    "SimulatedBooks",
    "Simulator",
    "load_scenario",
    "make_books",
]
