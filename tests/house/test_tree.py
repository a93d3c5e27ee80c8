"""What is in the tree: nothing of one machine, locks that hold, documents that point somewhere."""

import re
import tomllib

import pytest

# Written in pieces: this file is tracked too.
ELSEWHERE = re.compile(
    "|".join(
        (
            r"/" + r"work/(main|shared|\.library)",
            r"/" + r"root/",
            r"\.py" + r"env/",
            r"(pypi|pythonhosted)\." + r"org",
            r"registry\." + r"(npmjs|yarnpkg)\.",
            r"(deb|security)\." + r"debian\.org",
        )
    )
)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
PIN = re.compile(r"^[a-z0-9][\w.-]*==\S+")


def of_one_machine(files):
    """Lines that name a path or a package host of the machine where they were written."""
    for path, text in files:
        for number, line in enumerate(text.splitlines(), 1):
            if ELSEWHERE.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def loose(lock):
    """Lines of a lock that are neither a pin with hashes, nor a hash, nor a comment."""
    lines = lock.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.match(line):
            if "--hash=sha256:" not in following:
                yield line
        elif not re.match(r"\s+(--hash=sha256:[0-9a-f]{64}|#)|#|$", line):
            yield line


def dead_links(files, root):
    for path, text in files:
        for target in LINK.findall(text):
            if not ((root / path).parent / target).exists():
                yield f"{path}: {target}"


def unknown_targets(files, makefile):
    """`make X` in a document where the Makefile has no X."""
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    for path, text in files:
        for target in re.findall(r"(?:^|`|\$ )make ([a-z]+)", text, re.MULTILINE):
            if target not in targets:
                yield f"{path}: make {target}"


def unexplained(project, decision):
    """Dependencies that the decision on dependencies does not name."""
    wanted = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        wanted += [entry for entry in group if isinstance(entry, str)]
    names = {re.match(r"[\w.-]+", entry).group() for entry in wanted}
    return sorted(name for name in names if f"`{name}`" not in decision)


def documents(tracked):
    return [(path, text) for path, text in tracked if path.endswith(".md")]


def test_nothing_names_one_machine(tracked):
    assert not list(of_one_machine(tracked))


@pytest.mark.parametrize("name", ["run", "build", "dev", "clients"])
def test_locks_carry_hashes_and_no_addresses(root, name):
    lock = (root / f"requirements/{name}.txt").read_text()
    assert PIN.search(lock.split("\n", 2)[2])
    assert not list(loose(lock))


def test_links_between_documents_lead_somewhere(tracked, root):
    assert not list(dead_links(documents(tracked), root))


def test_commands_in_documents_exist(tracked, root):
    assert not list(unknown_targets(documents(tracked), (root / "Makefile").read_text()))


def test_each_dependency_has_its_reason(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert not unexplained(project, (root / "docs/decisions/0002-dependencies.md").read_text())


@pytest.mark.parametrize("line", ["cd /" + "work/main", "/" + "root/x", "--index-url https://pypi" + ".org/simple"])
def test_a_line_of_one_machine_is_seen(line):
    assert list(of_one_machine([("docs/planted.md", line)]))


@pytest.mark.parametrize("lock", ["a==1\n", "a>=1 \\\n    --hash=sha256:0\n", "--index-url x\n", "a @ file:///x\n"])
def test_a_loose_lock_is_seen(lock):
    assert list(loose(lock))


def test_a_dead_link_is_seen(root):
    assert list(dead_links([("docs/planted.md", "see [there](nowhere.md)")], root))
    assert not list(dead_links([("docs/planted.md", "see [there](../LICENSE) and [it](https://x)")], root))


def test_an_unknown_target_is_seen():
    assert list(unknown_targets([("planted.md", "run `make tea`\n")], "serve: x ## start\n"))
    assert not list(unknown_targets([("planted.md", "    $ make serve\n")], "serve: x ## start\n"))


def test_an_unexplained_dependency_is_seen():
    project = {"project": {"dependencies": ["left-pad>=1"]}, "dependency-groups": {"dev": [{"include-group": "x"}]}}
    assert unexplained(project, "`right-pad`: it pads") == ["left-pad"]


def numbered_twice(names):
    """Decisions that share a number with another one."""
    numbers = [name.partition("-")[0] for name in names]
    return sorted(name for name, number in zip(names, numbers, strict=True) if numbers.count(number) > 1)


def test_decisions_have_a_number_each(root):
    assert not numbered_twice([path.name for path in (root / "docs/decisions").glob("*.md")])


def test_a_number_given_twice_is_seen():
    assert numbered_twice(["0001-a.md", "0002-b.md", "0001-c.md"]) == ["0001-a.md", "0001-c.md"]
