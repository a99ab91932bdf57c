//! One suite for both engines. SQLite always; PostgreSQL when TOLLGATE_TEST_PG names a server, and it says so when not.
//! Never here: a case.

#[macro_use]
#[cfg(test)]
mod world;

#[cfg(test)]
mod books;
#[cfg(test)]
mod caches;
#[cfg(test)]
mod caps;
#[cfg(test)]
mod contradiction;
#[cfg(test)]
mod device;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod history;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod management;
#[cfg(test)]
mod money;
#[cfg(test)]
mod once;
#[cfg(test)]
mod own_credentials;
#[cfg(test)]
mod people;
#[cfg(test)]
mod postgres_only;
#[cfg(test)]
mod reckon;
#[cfg(test)]
mod records;
#[cfg(test)]
mod seals;
#[cfg(test)]
mod sqlite_only;
#[cfg(test)]
mod sqlite_sums;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod users;
