"""Announced outages as people keep them: which moments they mean, and what is said of what cannot be read."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from pipelines.model import Side
from pipelines.pull.outage_rows import Outage
from pipelines.pull.outages import Outages, load_outages
from pipelines.settings import OutageFile, Settings, Source

NIGHT = datetime(2026, 11, 28, 2)
EVENT = """BEGIN:VEVENT
UID:1
DTSTART:20261128T000000
DTEND:20261128T060000
SUMMARY:系统维护
END:VEVENT
"""


@pytest.fixture
def told(settings: Settings) -> Settings:
    settings.sources = [Source(id=name, side=Side.UPSTREAM, folder=name) for name in ("tax", "erp")]
    settings.data_root.mkdir(parents=True)
    return settings


def write(settings: Settings, name: str, text: str | bytes, **declared: object) -> Outages:
    content = text if isinstance(text, bytes) else text.encode()
    (settings.data_root / name).write_bytes(content)
    settings.maintenance = [OutageFile.model_validate({"file": name, **declared})]
    return load_outages(settings, NIGHT)


def calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + "".join(events) + "END:VCALENDAR\n"


def event(**parts: str) -> str:
    lines = {"UID": "1", "DTSTART": "20261128T000000", "DTEND": "20261128T060000", "SUMMARY": "系统维护"} | parts
    written = "".join(f"{name.replace('_', '-')}:{text}\n" for name, text in lines.items())
    return f"BEGIN:VEVENT\n{written}END:VEVENT\n".replace("DTSTART:TZID", "DTSTART;TZID").replace(
        "DTEND:TZID", "DTEND;TZID"
    )


def spans(outages: Outages) -> list[tuple[str, str]]:
    assert outages.problems == ()
    return [(f"{one.begins:%m-%d %H:%M}", f"{one.ends:%m-%d %H:%M}") for one in outages.announced]


def now_in(outages: Outages, source_id: str = "tax", moment: datetime = NIGHT) -> Outage | None:
    return outages.find(source_id, moment, moment)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "from,to,sources,note\n2026-11-28 00:00,2026-11-28 06:00,tax,升级\n"),
        ("a.csv", "开始,结束,来源,说明\r\n2026/11/28 0:00,2026/11/28 6:00,tax,升级\r\n".encode("gb18030")),
        ("a.csv", "from,to,sources,note\n2026-11-27T16:00:00Z,2026年11月28日 6时00分,tax;,升级\n"),
        ("a.toml", '[[window]]\nfrom = 2026-11-28T00:00:00\nto = "2026-11-28 06:00"\nsources=["tax"]\nnote = "升级"\n'),
        ("a.toml", '[[window]]\nfrom = 2026-11-28\nto = 2026-11-28T06:00:00+08:00\nsources=["tax"]\nnote = "升级"\n'),
    ],
)
def test_a_window_is_read_as_people_and_spreadsheets_write_it(told: Settings, name: str, text: str | bytes) -> None:
    outages = write(told, name, text)
    found = now_in(outages)
    assert found is not None
    assert (found.begins, found.ends, found.note) == (datetime(2026, 11, 28), datetime(2026, 11, 28, 6), "升级")
    assert found.sentence(NIGHT).zh == "公告维护至 06:00（升级）"
    assert found.sentence(NIGHT - timedelta(days=1)).en == "announced maintenance until 11-28 06:00 (升级)"
    assert now_in(outages, "erp") is None


def test_the_end_of_the_day_may_be_written_24_00_and_is_not_in_the_window(told: Settings) -> None:
    outages = write(told, "a.csv", "from,to\n2026-11-27 18:00,2026-11-27 24:00\n")
    assert spans(outages) == [("11-27 18:00", "11-28 00:00")]
    assert now_in(outages, moment=datetime(2026, 11, 28)) is None
    assert now_in(outages, moment=datetime(2026, 11, 27, 23, 59)) is not None


def test_a_file_speaks_of_the_sources_that_the_settings_give_it_unless_a_row_names_its_own(told: Settings) -> None:
    rows = "from,to,sources\n2026-11-28 00:00,2026-11-28 06:00,\n2026-11-29 00:00,2026-11-29 06:00,erp\n"
    outages = write(told, "a.csv", rows, sources=["tax"])
    assert [now_in(outages, name) is None for name in ("tax", "erp")] == [False, True]
    assert [now_in(outages, name, datetime(2026, 11, 29, 1)) is None for name in ("tax", "erp")] == [True, False]


def test_without_sources_a_window_is_of_every_source(told: Settings) -> None:
    outages = write(told, "a.csv", "from,to\n2026-11-28 00:00,2026-11-28 06:00\n")
    assert now_in(outages, "tax") == now_in(outages, "erp")


@pytest.mark.parametrize(
    ("name", "text", "place", "found", "expected"),
    [
        ("a.csv", "from,to\n2026-11-28 00:00,morgen\n", "a.csv 第 2 行 line 2", "to = morgen", "2026-11-28 00:00"),
        ("a.csv", "from,to\n\n2026-11-28 06:00,2026-11-28 00:00\n", "line 3", "06:00 – 2026-11-28", "结束晚于开始"),
        ("a.csv", "from,to\n2026-11-28 00:00,2027-11-28 06:00\n", "line 2", "2027", "31"),
        ("a.csv", "begin,end\n", "line 1", "begin,end", "from,to,sources,note"),
        ("a.csv", "", "line 1", "", "from,to"),
        ("a.csv", "from,to,sources\n2026-11-28 00:00,2026-11-28 06:00,taks\n", "line 2", "taks", "erp, tax"),
        ("a.csv", b"from,to\n\xff\xff\x81,1\n", "a.csv", "gb18030", "UTF-8"),
        ("a.toml", "\n[[window]]\nfrom = 1\nto = 2\n", "line 2", "from = 1", "2026-11-28"),
        ("a.toml", "[[window]]\nfrom = \n", "line 2", "Invalid value", "TOML"),
        ("a.toml", "\n[[windows]]\nfrom = 1\n", "line 2", "windows", "[[window]]"),
        ("a.toml", "[[window]]\nbis = 2026-11-28\n", "line 1", "bis", "[[window]]"),
        ("a.toml", "window = 3\n", "a.toml", "3", "[[window]]"),
        ("a.xlsx", "PK", "a.xlsx", "xlsx", ".toml, .csv, .ics"),
        ("a.ics", "hello\n", "line 1", "hello", "VCALENDAR"),
        ("a.ics", calendar(EVENT).replace("END:VEVENT\n", ""), "line 1", "BEGIN:VCALENDAR", "END:VCALENDAR"),
        ("a.ics", calendar(EVENT, event(DTSTART="2026-11-28")), "line 10", "DTSTART", "20261128T000000"),
        ("a.ics", calendar(event(RRULE="FREQ=SECONDLY")), "line 4", "FREQ=SECONDLY", "DAILY"),
        (
            "a.ics",
            calendar(event(DTSTART="TZID=Nowhere/Town:20261128T000000")),
            "line 4",
            "Nowhere/Town",
            "Asia/Shanghai",
        ),
        ("a.ics", calendar(event(RRULE="FREQ=DAILY;INTERVAL=0")), "line 4", "INTERVAL=0", "INTERVAL=1"),
        ("a.ics", calendar(event(RDATE="20261201T010000Z/PT2H")), "line 4", "PERIOD", "RDATE:2026"),
        ("a.ics", calendar(event(RRULE="FREQ=DAILY;BYDAI=SA")), "line 4", "BYDAI", "RRULE"),
        ("a.ics", calendar(event(RECURRENCE_ID="202020")), "line 4", "RECURRENCE-ID", "DTSTART"),
        ("a.ics", calendar(event(DTSTART="20261128T000000\nDTSTART:20261129T000000")), "line 4", "", "DTSTART"),
        ("a.ics", calendar(event(DTEND="20261127T000000")), "line 4", "11-27", "结束晚于开始"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_line_found_and_expected(
    told: Settings, name: str, text: str | bytes, place: str, found: str, expected: str
) -> None:
    (problem,) = write(told, name, text).problems
    assert place in problem.place
    assert found in problem.found
    assert expected in problem.expected


def test_one_wrong_row_spoils_no_other(told: Settings) -> None:
    outages = write(told, "a.csv", "from,to\nx,y\n2026-11-28 00:00,2026-11-28 06:00\n")
    assert (len(outages.problems), now_in(outages) is None) == (1, False)


def test_a_file_that_is_gone_is_told(told: Settings) -> None:
    told.maintenance = [OutageFile(file="gone.csv")]
    (problem,) = load_outages(told, NIGHT).problems
    assert (problem.file, problem.line) == ("gone.csv", None)
    assert "No such file" in problem.found


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, [("11-28 00:00", "11-28 06:00")]),
        ({"DTSTART": "20261127T160000Z", "DTEND": "20261127T220000Z"}, [("11-28 00:00", "11-28 06:00")]),
        ({"DTSTART": "20261128", "DTEND": "20261129"}, [("11-28 00:00", "11-29 00:00")]),
        ({"DTSTART": "TZID=China Standard Time:20261128T000000", "DTEND": "TZID=China Standard Time:20261128T060000"},
         [("11-28 00:00", "11-28 06:00")]),
        ({"STATUS": "CANCELLED"}, []),
        ({"DTSTART": "20261121T000000", "DTEND": "20261121T060000", "RRULE": "FREQ=WEEKLY;COUNT=2"},
         [("11-21 00:00", "11-21 06:00"), ("11-28 00:00", "11-28 06:00")]),
        ({"DTSTART": "20200104T000000", "DTEND": "20200104T060000",
          "RRULE": "FREQ=MONTHLY;BYDAY=-1SA;UNTIL=20261128", "EXDATE": "20261031T000000"},
         [("11-28 00:00", "11-28 06:00")]),
        ({"RRULE": "FREQ=DAILY;UNTIL=20261128T160000Z"},
         [("11-28 00:00", "11-28 06:00"), ("11-29 00:00", "11-29 06:00")]),
        ({"RDATE": "20261202T010000"}, [("11-28 00:00", "11-28 06:00"), ("12-02 01:00", "12-02 07:00")]),
    ],
)  # fmt: skip
def test_a_calendar_event_means_these_hours_in_beijing(
    told: Settings, parts: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert spans(write(told, "a.ics", calendar(event(**parts)))) == expected


def test_a_repetition_keeps_the_hour_of_its_own_zone(told: Settings) -> None:
    """Midnight in Berlin is 6:00 in Beijing in summer and 7:00 in winter; the clocks there change on 25 October."""
    moved = event(
        DTSTART="TZID=Europe/Berlin:20261024T000000",
        DTEND="TZID=Europe/Berlin:20261024T010000",
        RRULE="FREQ=DAILY;COUNT=3",
    )
    outages = write(told, "a.ics", calendar(moved))
    assert [begin for begin, _ in spans(outages)] == ["10-24 06:00", "10-25 06:00", "10-26 07:00"]


def test_a_repetition_that_no_day_fits_is_not_followed_for_ever(told: Settings) -> None:
    rule = "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2"
    assert spans(write(told, "a.ics", calendar(event(RRULE=rule)))) == [("11-28 00:00", "11-28 06:00")]


@pytest.mark.parametrize("seed", range(40))
def test_a_calendar_with_any_letters_changed_is_read_or_told(told: Settings, seed: int) -> None:
    """Whatever stands in the file, what comes out are windows and problems, never an exception."""
    chance = random.Random(seed)  # noqa: S311 - the same letters on every run
    weekly = event(DTSTART="TZID=Asia/Shanghai:20261121T000000", DTEND="20261121T060000", RRULE="FREQ=WEEKLY;COUNT=3")
    moved = event(RECURRENCE_ID="20261128T000000", DTSTART="20261128T030000", DTEND="20261128T040000")
    text = list(calendar(weekly, moved))
    for _ in range(6):
        place = chance.randrange(len(text))
        text[place] = chance.choice(["", "0", "Z", ":", ";", "=", "\n", "99", "BEGIN:VEVENT", "\x00", "é"])
    outages = write(told, "a.ics", "".join(text))
    assert all(problem.found and problem.expected for problem in outages.problems)


def test_a_moved_event_takes_the_place_of_its_repetition(told: Settings) -> None:
    weekly = event(DTSTART="20261121T000000", DTEND="20261121T060000", RRULE="FREQ=WEEKLY;COUNT=3")
    moved = event(RECURRENCE_ID="20261128T000000", DTSTART="20261128T030000", DTEND="20261128T040000")
    dropped = event(RECURRENCE_ID="20261205T000000", DTSTART="20261205T000000", STATUS="CANCELLED")
    outages = write(told, "a.ics", calendar(weekly, moved, dropped))
    assert spans(outages) == [("11-21 00:00", "11-21 06:00"), ("11-28 03:00", "11-28 04:00")]


def test_of_a_shared_calendar_only_events_with_that_title_count(told: Settings) -> None:
    shared = calendar(EVENT, event(UID="2", SUMMARY="部门会议", DTEND="20261128T230000"))
    assert spans(write(told, "a.ics", shared, title="维护")) == [("11-28 00:00", "11-28 06:00")]
