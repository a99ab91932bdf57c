"""The parts of bench/run. In: nothing. Out: modules. Never here: anything that runs when it is imported."""
