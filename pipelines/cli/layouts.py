"""`fapiao layouts`: which kinds of files can be read."""

# ruff: noqa: PLC0415 - commands import what they need when they run

from __future__ import annotations

from pipelines.cli.options import AsJson


def list_layouts(as_json: AsJson = False) -> None:
    """能识别的文件版式 | Kinds of files that can be read; an own one is a TOML file in <data root>/layouts."""
    from pipelines.cli.output import print_json, print_table
    from pipelines.settings import load_settings
    from pipelines.sources.layout import known_layouts

    layouts = [known for _, known in sorted(known_layouts(load_settings()).items())]
    if as_json:
        keys = ("name", "side", "title_zh", "title_en")
        print_json([{key: getattr(layout, key) for key in keys} for layout in layouts])
        return
    print_table(
        ["版式 layout", "方 side", "名称", "title"],
        [[layout.name, layout.side, layout.title_zh, layout.title_en] for layout in layouts],
    )
