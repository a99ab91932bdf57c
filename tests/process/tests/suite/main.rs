//! The whole product as processes: exact credit, kill -9, canaries, hostile clients and providers, an orderly end,
//! an orderly start, the commands, what every answer carries, the log lines.
//! The binary is built when TOLLGATE_TEST_BIN does not name it; PostgreSQL takes part when TOLLGATE_TEST_PG names a
//! server; TOLLGATE_TEST_SEED repeats a run. Never here: a test.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod broken_bodies;
#[cfg(test)]
mod broken_wire;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod document;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod init;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod log_lines;
#[cfg(test)]
mod login;
#[cfg(test)]
mod manage;
#[cfg(test)]
mod once;
#[cfg(test)]
mod own_keys;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod people;
#[cfg(test)]
mod private_files;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod starting;
mod sums;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod world;
