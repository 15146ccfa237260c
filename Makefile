# Two commands do everything on a fresh Debian 12 with Python 3.11+, pip, make and git:
#   make demo    opens the till with a filled shop (without a screen it plays a shift and checks that everything agrees)
#   make test    format, lint, types, import contracts, tests, coverage
# Both set up what they need. Also: make crash, make abuse, make bench, make soak, make lock, make clean.

UV_VERSION := 0.13.9
UV := .tools/bin/uv
PYTHON := .venv/bin/python
READY := .venv/.ready
# What the benchmarks compare with, apart from what the program needs: docs/decisions/0036.
BENCH_READY := .venv-bench/.ready

export PYTHONDONTWRITEBYTECODE :=
export UV_NO_PROGRESS := 1
# A build machine without a screen draws into memory.
export QT_QPA_PLATFORM ?= $(if $(DISPLAY)$(WAYLAND_DISPLAY),,offscreen)

.PHONY: demo test crash histories abuse soak bench load lock clean format

demo: $(READY)
	@installer/debian-libraries.sh $(if $(DISPLAY)$(WAYLAND_DISPLAY),window,offscreen)
	@.venv/bin/pos-app demo

test: $(READY)
	@installer/debian-libraries.sh offscreen
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) -m ui.translations.update --check
	@QT_QPA_PLATFORM=offscreen .venv/bin/pytest -n 2 --dist worksteal --cov --cov-report=
	@$(PYTHON) installer/check_coverage.py

# Thousands of disks that a power cut could have left.
crash: $(READY)
	@QT_QPA_PLATFORM=offscreen POS_APP_CRASH_STATES=3000 .venv/bin/pytest --timeout=3600 tests/pos_app/use_cases/test_power_loss.py

# Histories of a till, and of two tills beneath a headquarters, against naive models, for longer than the suite has time for.
histories: $(READY)
	@QT_QPA_PLATFORM=offscreen POS_APP_MACHINE_EXAMPLES=1000 POS_APP_CHAIN_EXAMPLES=400 POS_APP_CHAIN_STEPS=60 \
		.venv/bin/pytest --timeout=3600 tests/pos_app/use_cases/test_till_machine.py tests/hq/test_chain_machine.py

# Everything that a hostile till or stranger can send to headquarters, for longer than the suite has time for.
abuse: $(READY)
	@QT_QPA_PLATFORM=offscreen POS_APP_ABUSE_ALL=1 POS_APP_ABUSE_EXAMPLES=200 .venv/bin/pytest --timeout=3600 tests/hq/abuse

bench: $(READY) $(BENCH_READY)
	@installer/debian-libraries.sh offscreen
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m bench

# Ten tills at a headquarters of several processes on PostgreSQL, on this machine; LOAD has the options of bench/hq_load.py.
load: $(READY)
	@$(PYTHON) -m bench.hq_load $(LOAD)

# A million simulated sales with everything going wrong, on all cores; writes build/soak.json. Two to three hours on two quiet cores; SOAK="--sales 100000" for less.
soak: $(READY)
	@$(PYTHON) -m bench.soak $(SOAK)

format: $(READY)
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

# After a change of the dependencies in pyproject.toml: new versions, all hashed.
lock: $(UV)
	@$(UV) pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --group dev pyproject.toml --output-file requirements.lock
	@$(UV) pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --group bench --constraint requirements.lock --output-file requirements-bench.lock

clean:
	@rm -rf .venv .venv-bench .tools build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

# --target works on a Debian Python, which refuses to install beside its own packages.
$(UV):
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools "uv==$(UV_VERSION)"

$(READY): $(UV) requirements.lock pyproject.toml
	@$(UV) venv --quiet --clear --python 3 .venv
	@$(UV) pip install --quiet --require-hashes --compile-bytecode --requirement requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

$(BENCH_READY): $(UV) requirements-bench.lock
	@$(UV) venv --quiet --clear --python 3 .venv-bench
	@$(UV) pip install --quiet --python .venv-bench --require-hashes --compile-bytecode --requirement requirements-bench.lock
	@touch $(BENCH_READY)
