"""E-invoice files (XML, OFD, PDF, pictures) as a third witness beside the tax system and the ledger."""

from pipelines.einvoice.read import read_einvoice, read_witnesses
from pipelines.einvoice.reading import EInvoiceReading, Witness

__all__ = ["EInvoiceReading", "Witness", "read_einvoice", "read_witnesses"]
