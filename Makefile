# Keyreeve's commands. A newcomer needs two: `make serve` and `make test`; `make help` lists the rest.
# Nothing here needs root or asks anything: Python environments live in .venv*/, what is built lives in build/.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# What is tested and served is the wheel of this tree: a path to the sources would hide what the wheel lacks.
# (KEYREEVE_TEST_WHEEL has a test hold that to be so.)
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export KEYREEVE_TEST_WHEEL := 1
# Where the stories find the AWS CLI and moto's server.
export KEYREEVE_CLIENTS_BIN := $(CURDIR)/.venv-clients/bin

bin     := .venv/bin
install := -m pip install --quiet --require-hashes
pytest  := $(bin)/pytest --numprocesses=auto --dist=loadfile
tools   := ansible awsume cloudsplaining custodian prowler
js      := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard tests/stories/*/package-lock.json))

# $(call timed,NAME,COMMAND) runs a suite and says its seconds; pytest says its own.
timed = @start=$$(date +%s); $(2) && echo "$(1): $$(($$(date +%s) - start)) s"

.PHONY: help serve check test clients proofs differential mutants operations bench bench-engine compiled large lint lock clean FORCE

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: .venv/.wheel ## start the server on 127.0.0.1:4566 (ARGS="--port 0 --data DIR" and so on)
	@unset KEYREEVE_TEST_WHEEL KEYREEVE_CLIENTS_BIN; exec $(bin)/keyreeve serve $(ARGS)

check: lint ## what to run before each commit: lint, types, contracts, unit tests
	@$(pytest) -m "not slow and not client" $(ARGS)

test: lint .venv-clients/.installed $(js) ## what must pass before a merge: check, the slow tests, the quick stories of real clients
	@$(pytest) -m "not (slow and client)" $(ARGS)

clients: .venv/.dev .venv/.wheel .venv-clients/.installed $(js) $(tools:%=.venv-%/.tried) ## every story of every real client
	@$(pytest) -m client $(ARGS)

proofs: .venv/.dev .venv/.wheel .venv-clients/.installed ## the slow tests at full size: crashes, fuzz
	@KEYREEVE_PROOFS=1 $(pytest) -m "slow and not client" $(ARGS)

# A run from a seed: N cases (SEED=… to repeat one, JOBS=1 for one core, KEEP=file to go on where it was), or MUTANTS=1
# to see planted faults caught.
differential: .venv/.dev .venv/.wheel ## hold the engine against its slow twin on random cases (N=100000 SEED=… JOBS=… KEEP=… MUTANTS=1)
	@PYTHONPATH=$(CURDIR) $(bin)/python -m tests.differential.run --cases $(or $(N),10000) $(if $(SEED),--seed "$(SEED)") \
	  $(if $(JOBS),--jobs $(JOBS)) $(if $(KEEP),--keep "$(KEEP)") $(if $(MUTANTS),--mutants) $(ARGS)

mutants: .venv/.dev .venv/.wheel ## change the engine in one place at a time, and see its tests fail (ARGS="--every 20" for a sample)
	@PYTHONPATH=$(CURDIR) $(bin)/python -m tests.mutation.run $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

operations: .venv/.dev .venv/.wheel ## renew docs/operations.md: what is built, with its errors, condition keys and tests
	@$(bin)/python tools/operations.py

bench: .venv/.dev .venv/.wheel .venv-clients/.installed ## measure, side by side with moto's server
	@$(bin)/python bench/run.py $(ARGS)

large: .venv/.dev .venv/.wheel ## measure an account of 10,000 users: pages of its listings, start, memory
	@$(bin)/python bench/large.py $(ARGS)

# Its peers are in an environment of their own, and what cannot be had there is said and left out.
bench-engine: .venv/.dev .venv/.wheel .venv-bench/.installed bench/decisions/node/node_modules/.package-lock.json ## measure the decision engine beside its peers (ARGS="--quick --json --work a")
	@$(MAKE) --no-print-directory .venv-bench/.compiled || echo "the compiled engine will not be measured" >&2
	@PYTHONPATH=$(CURDIR) $(bin)/python -m bench.decisions.run $(ARGS)

compiled: .venv-bench/.compiled ## build a wheel with the decision engine compiled, in build/compiled (needs a C compiler)
	@ls build/compiled/keyreeve-*.whl

lint: .venv/.dev .venv/.wheel ## ruff, mypy and the import contracts alone
	$(call timed,ruff check,$(bin)/ruff check --quiet)
	$(call timed,ruff format,$(bin)/ruff format --check)
	$(call timed,mypy,$(bin)/mypy --no-error-summary)
	$(call timed,lint-imports,$(bin)/lint-imports --no-logo)

lock: .venv-lock/.installed ## renew requirements/*.txt from pyproject.toml (LOCK="--upgrade" for newer versions)
	$(lock) pyproject.toml -o requirements/run.txt
	$(lock) --group build -o requirements/build.txt
	$(lock) pyproject.toml --group dev -c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt
	$(lock) --group clients -o requirements/clients.txt
	$(lock) --group bench -o requirements/bench.txt
	for tool in $(tools); do $(patsubst @%,%,$(filter-out --universal,$(lock))) --group $$tool -o requirements/$$tool.txt || exit; done

clean: ## remove what these commands made, never a data folder
	rm -rf .venv .venv-clients .venv-bench .venv-lock $(tools:%=.venv-%) build tests/stories/*/node_modules bench/decisions/node/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The environments. A stamp in each says which step is done.

.venv/.made .venv-clients/.made .venv-bench/.made .venv-lock/.made:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "$(@D): made with $$python"; $$python -m venv --clear $(@D) && touch $@; exit; \
	  fi; \
	done; \
	echo "Keyreeve needs Python 3.11 or newer with venv: none of python3, python3.13, python3.12, python3.11 is one." >&2; \
	echo "On Debian and Ubuntu: apt-get install python3-venv. Elsewhere name one: make PYTHON=/path/to/python3" >&2; \
	exit 1

.venv/.run: requirements/run.txt requirements/build.txt | .venv/.made
	@$(bin)/python $(install) -r requirements/run.txt -r requirements/build.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@$(bin)/python $(install) -r requirements/dev.txt
	@touch $@

.venv/.wheel: build/sources .venv/.run
	@rm -f build/keyreeve-*.whl
	@$(bin)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build .
	@$(bin)/python -m pip install --quiet --no-deps --force-reinstall build/keyreeve-*.whl
	@touch $@

# Names and checksums of what goes into the wheel; it changes only when they do, also when a file goes away.
build/sources: FORCE
	@mkdir -p build
	@find src pyproject.toml README.md LICENSE NOTICE -type f ! -name '*.pyc' -exec cksum {} + | sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.venv-clients/.installed: requirements/clients.txt | .venv-clients/.made
	@.venv-clients/bin/python $(install) -r requirements/clients.txt
	@touch $@

# A tool that cannot be installed here is said aloud, and its story skipped.
.venv-%/.tried: requirements/%.txt
	@python=$$(.venv/bin/python -c 'import sys; print(sys._base_executable)'); $$python -m venv --clear .venv-$*; \
	if .venv-$*/bin/python $(install) -r $<; then touch $@; \
	else rm -rf .venv-$*; echo "$* cannot be installed on this machine: its story will be skipped" >&2; fi

.venv-bench/.installed: requirements/bench.txt | .venv-bench/.made
	@.venv-bench/bin/python $(install) -r requirements/bench.txt
	@touch $@

.venv-bench/.compiled: build/sources .venv-bench/.installed
	@rm -rf build/compiled build/compiling && mkdir -p build/compiling
	@cp -R src pyproject.toml README.md LICENSE NOTICE build/compiling # the hook leaves what it made beside the sources
	@cd build/compiling && HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(CURDIR)/.venv-bench/bin/python -m pip wheel --quiet --no-deps \
	  --no-build-isolation --wheel-dir $(CURDIR)/build/compiled .
	@.venv-bench/bin/python -m pip install --quiet --no-deps --force-reinstall build/compiled/keyreeve-*.whl
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; \
	then cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; \
	else echo "npm is not on this machine: what needs its packages will be skipped" >&2; fi

# uv resolves for every Python and platform at once; it writes the locks and is part of nothing else.
.venv-lock/.installed: | .venv-lock/.made
	@.venv-lock/bin/python -m pip install --quiet uv
	@touch $@

lock: export UV_CUSTOM_COMPILE_COMMAND := make lock
lock = @.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $(LOCK)
