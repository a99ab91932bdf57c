//! The limiter as its callers use it: alone on a paused clock, and over a real Redis that is stopped, flushed and slowed.
//! Never here: the rules by themselves (crate admit).

#[cfg(test)]
mod alone;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod redis_server;
#[cfg(test)]
mod together;
#[cfg(test)]
mod world;
