"""The tree keeps its own rules: includes point down, headers are contracts, generated tables are up to date."""
import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RANK = {"lib/util": 0, "lib/domain": 1, "lib/io": 1, "lib/wire": 2, "daemon/ports": 3, "workers/kit": 3, "daemon/flow": 4,
        "daemon": 5, "workers/validator": 5, "workers/scheduler": 5, "cli": 5}
BASES = ["", "lib", "daemon", "workers"]


def sources(ending=r"\.[ch]$"):
    out = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [f for f in out.stdout.splitlines() if re.search(ending, f) and os.path.isfile(f"{ROOT}/{f}")]


def text(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as f:
        return f.read()


def folder(path):
    found = [d for d in RANK if path.startswith(d + "/")]
    return max(found, key=len) if found else None


def target(path, include):
    for base in [os.path.dirname(path)] + BASES:
        candidate = os.path.normpath(os.path.join(base, include))
        if os.path.isfile(f"{ROOT}/{candidate}"):
            return candidate
    return None


def edges():
    for path in sources():
        if folder(path):
            for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(path), re.M):
                if ".pb-c.h" not in include:
                    yield path, include, target(path, include)


def test_every_include_is_found():
    assert [(p, i) for p, i, t in edges() if t is None] == []


def test_includes_only_point_downwards():
    """A file may include its own folder, or one of a lower rank: never sideways, never up."""
    wrong = [f"{p} -> {t}" for p, _, t in edges() if t and folder(t) and folder(t) != folder(p) and RANK[folder(t)] >= RANK[folder(p)]]
    assert wrong == []


def test_no_cycle_within_a_folder():
    graph = {}
    for p, _, t in edges():
        if t and t.endswith(".h") and p.endswith(".h"):
            graph.setdefault(p, set()).add(t)
    state = {}

    def visit(node, trail):
        if state.get(node) == 1:
            pytest.fail(f"headers include each other: {' -> '.join(trail + [node])}")
        if node not in state:
            state[node] = 1
            for after in graph.get(node, ()):
                visit(after, trail + [node])
            state[node] = 2

    for node in list(graph):
        visit(node, [])


def test_the_flow_knows_no_library():
    libraries = re.compile(r"#\s*include\s+<(zmq|uv|hiredis)[./]")
    pure = [p for p in sources() if folder(p) in ("daemon/flow", "lib/domain", "lib/util")]
    assert [p for p in pure if libraries.search(text(p))] == []


def test_headers_say_their_layer():
    heads = [p for p in sources(r"\.h$") if folder(p)]
    assert [p for p in heads if not re.search(r"\* Layer\b", text(p)[:1500])] == []


def test_no_word_of_unfinished_work():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|simplified|for now|not yet implemented)\b")
    found = [f"{p}:{i}" for p in sources(r"\.([ch]|py|lua|sh|cmake|proto|def)$|CMakeLists.txt$|^dev$") if not p.endswith("meta/test_tree.py")
             for i, line in enumerate(text(p).splitlines(), 1) if words.search(line)]
    assert found == []


def test_the_table_of_problems_in_the_protocol_is_that_of_the_code():
    """docs/PROTOCOL.md holds one row for each wire code of lib/util/err.def; UPDATE=1 writes it."""
    rows = re.findall(r'CVN_ERR\(\s*\w+\s*,\s*-?\d+\s*,\s*"([A-Z_0-9]+)"\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*"((?:[^"\\]|\\.)*)"', text("lib/util/err.def"))
    assert len(rows) > 15
    table, seen = "| code | can it help to try again? | text |\n| --- | --- | --- |\n", set()
    for code, _, again, sentence in rows:  # several errors of the inside may be one to a client: the first speaks
        if code not in seen and code != "OK":
            table += f"| `{code}` | {'yes' if again == 'true' else 'no'} | {sentence} |\n"
            seen.add(code)
    doc = text("docs/PROTOCOL.md")
    head, rest = doc.split("<!-- errors: generated from lib/util/err.def -->\n")
    want = head + "<!-- errors: generated from lib/util/err.def -->\n" + table + "<!-- /errors -->" + rest.split("<!-- /errors -->")[1]
    if os.environ.get("UPDATE"):
        with open(f"{ROOT}/docs/PROTOCOL.md", "w", encoding="utf-8") as f:
            f.write(want)
    assert doc == want, "run UPDATE=1 pytest tests/meta"
