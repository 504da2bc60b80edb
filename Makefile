# Everything starts here; each goal makes .venv first when it is missing. Only Python 3.11 to 3.13 and make are needed.
.DEFAULT_GOAL := help
.PHONY: help install demo test torch check fix docs studio bench faults production lock clean

PYTHON ?= python3
# Not in the lock, since each machine wants another build. pip prefers one for the CPU alone where it knows of one; where
# it does not, Linux gets two gigabytes of CUDA: then name a better one, as in make torch TORCH='torch==... --index-url ...'.
TORCH ?= torch==2.13.0
# In no extra either: it wants an older transformers than the lock's.
GLINER ?= gliner==0.2.29
# Which tests, by their marks; and where they lie, which is everywhere, or where they do not.
TESTS ?= not torch
WHERE ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UPON := $(VENV)-gliner

# What a run must not depend on: a hub, a browser download, somebody's telemetry.
export HF_HUB_OFFLINE := 1
export HF_DATASETS_OFFLINE := 1
export DO_NOT_TRACK := 1

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

install: $(READY)  ## make .venv from requirements.lock, every file checked by its hash

# uv comes first, from the same lock, because it installs the rest ten times as fast as pip.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] < (3, 14) or sys.exit("Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	awk '/^[^ ]/ {uv = /^uv==/} uv' requirements.lock > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## the main job, end to end, on a real Label Studio
	$(BIN)/labeling demo

test: $(READY)  ## every test, on a real Label Studio and in a real browser
	$(BIN)/python -m pytest -m "$(TESTS)" $(WHERE)

# Only the files that have such tests: with PyTorch installed, to read them all takes a minute. GLiNER lies in a second
# environment upon the first, of which it sees everything, and which keeps its own transformers. Models this small are
# slower on more threads than one.
torch: $(READY)  ## PyTorch for the CPU into .venv, and the tests of what needs it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "torch and not gliner" $$(grep -rl --include='test_*.py' 'mark\.torch' tests)
	$(BIN)/python -m venv --clear $(UPON)
	$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
	  > "$$($(UPON)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beneath.pth"
	$(UPON)/bin/python -m pip install --quiet --disable-pip-version-check $(GLINER)
	OMP_NUM_THREADS=1 $(UPON)/bin/python -m pytest -m gliner $$(grep -rl --include='test_*.py' 'mark\.gliner' tests)

production: $(READY)  ## of the tests, the contract on PostgreSQL, uWSGI and nginx, which must be installed
	$(BIN)/python -m pytest -m production

check: $(READY)  ## style, types, the house's layers, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/make_docs.py --check

fix: $(READY)  ## mend style and write the generated pages anew
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/make_docs.py

docs: $(READY)  ## write the generated pages anew
	$(BIN)/python scripts/make_docs.py

studio: $(READY)  ## Label Studio for daily work; Ctrl-C ends it
	$(BIN)/labeling serve

bench: $(READY)  ## how fast, beside the floor of the same run
	$(BIN)/python scripts/bench.py

faults: $(READY)  ## every fault between us and a server, at length; needs root for the one of the full disk
	$(BIN)/python scripts/faults.py
	$(BIN)/python scripts/import_faults.py

lock: $(READY)  ## pin what pyproject.toml asks for, with hashes and no addresses
	$(BIN)/uv pip compile pyproject.toml --extra server --group dev --universal --python-version 3.11 --quiet \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --output-file requirements.lock

clean:  ## remove .venv and caches; exports/ stays
	rm -rf $(VENV) $(UPON) .venv-torch .venv-torch-gliner .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
