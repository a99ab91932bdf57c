//! The order of attempts of one request. In: how many routes and credentials there are, how each attempt failed.
//! Out: the next attempt with a wait before it, or the end. Never here: sending, judging a provider's answer.

use std::time::Duration;

/// A place to try: a route of the model and a credential of its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Index into the model's routes, which are in the order of priority.
    pub route: usize,
    /// Index into the provider's credentials.
    pub credential: usize,
}

/// How an attempt failed, as far as the next choice cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The credential was refused or is used up: another credential of the same provider may do.
    Credential {
        /// How long the provider asked to wait.
        retry_after: Option<Duration>,
    },
    /// The server failed, is overloaded or cannot be reached.
    Server {
        /// How long the provider asked to wait.
        retry_after: Option<Duration>,
    },
    /// The request itself was refused: nobody else will take it.
    Request,
}

/// The limits of trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all.
    pub attempts_max: u8,
    /// The longest wait before the same route is tried again.
    pub wait_max: Duration,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try there, after that wait.
    Try(Seat, Duration),
    /// Nothing is left to try.
    Stop,
}

/// The attempts of one request.
#[derive(Clone, Debug)]
pub struct Attempts {
    policy: Policy,
    /// Seats not tried yet, the next one last.
    fresh: Vec<Seat>,
    /// Seats that failed in a way that a second try may mend, with the wait they asked for.
    again: Vec<(Seat, Option<Duration>)>,
    tried: u8,
}

impl Attempts {
    /// Lays out the seats: routes in order, each with its credentials, beginning with the one whose turn it is.
    /// `credentials[r]` is the number of credentials of route `r`'s provider; a route without any is passed over.
    pub fn new(policy: Policy, credentials: &[usize], turn: usize) -> Self {
        let mut fresh: Vec<Seat> = Vec::with_capacity(credentials.len());
        for (route, count) in credentials.iter().enumerate() {
            fresh.extend((0..*count).map(|n| Seat { route, credential: (turn + n) % count }));
        }
        fresh.reverse();
        Self { policy, fresh, again: Vec::new(), tried: 0 }
    }

    /// The first attempt; `None` when no route can be used.
    pub fn first(&mut self) -> Option<Seat> {
        self.tried = 1;
        self.fresh.pop()
    }

    /// How many attempts were begun.
    pub const fn tried(&self) -> u8 {
        self.tried
    }

    /// The next attempt after `seat` failed. `jitter` is a random number below 1,000.
    pub fn after(&mut self, seat: Seat, failure: Failure, jitter: u64) -> Next {
        let retry_after = match failure {
            Failure::Request => return Next::Stop,
            Failure::Credential { retry_after } => retry_after,
            Failure::Server { retry_after } => {
                // The other credentials lead to the same server.
                self.fresh.retain(|s| s.route != seat.route);
                retry_after
            }
        };
        // A refused credential stays refused; one that asked to wait, or a server, may answer later.
        if retry_after.is_some() || matches!(failure, Failure::Server { .. }) {
            self.again.push((seat, retry_after));
        }
        if self.tried >= self.policy.attempts_max {
            return Next::Stop;
        }
        self.tried += 1;
        if let Some(seat) = self.fresh.pop() {
            return Next::Try(seat, Duration::ZERO);
        }
        self.second_try(jitter)
    }

    /// No fresh seat is left: the failed one that asks for the shortest wait is tried again, if that is short enough.
    fn second_try(&mut self, jitter: u64) -> Next {
        let backoff = Duration::from_millis(100 + jitter % 200);
        let waits = self.again.iter().enumerate().map(|(n, (_, wait))| (wait.unwrap_or(backoff).max(backoff), n));
        match waits.min() {
            Some((wait, n)) if wait <= self.policy.wait_max => Next::Try(self.again.remove(n).0, wait),
            _ => {
                self.tried -= 1;
                Next::Stop
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { attempts_max: 4, wait_max: Duration::from_secs(2) };

    fn seat(route: usize, credential: usize) -> Seat {
        Seat { route, credential }
    }

    fn server(secs: Option<u64>) -> Failure {
        Failure::Server { retry_after: secs.map(Duration::from_secs) }
    }

    /// R-ROUTE-4: routes in the order of priority; a failed server takes its other credentials with it.
    #[test]
    fn servers_go_to_the_next_route_credentials_to_the_next_credential() {
        let mut attempts = Attempts::new(POLICY, &[2, 0, 1], 1);
        assert_eq!(attempts.first(), Some(seat(0, 1)));
        let next = attempts.after(seat(0, 1), Failure::Credential { retry_after: None }, 0);
        assert_eq!(next, Next::Try(seat(0, 0), Duration::ZERO));
        assert_eq!(attempts.after(seat(0, 0), server(None), 0), Next::Try(seat(2, 0), Duration::ZERO));
        assert_eq!(attempts.tried(), 3);
    }

    #[test]
    fn the_last_route_is_tried_again_after_the_wait_it_asked_for() {
        let mut attempts = Attempts::new(POLICY, &[1], 0);
        let first = attempts.first().unwrap();
        assert_eq!(attempts.after(first, server(Some(1)), 7), Next::Try(first, Duration::from_secs(1)));
        assert_eq!(attempts.after(first, server(None), 7), Next::Try(first, Duration::from_millis(107)));
        assert_eq!(attempts.after(first, server(Some(3)), 7), Next::Stop);
        assert_eq!(attempts.tried(), 3);
    }

    #[test]
    fn attempts_end() {
        let mut attempts = Attempts::new(POLICY, &[1], 0);
        let mut seat = attempts.first().unwrap();
        let mut count = 1;
        while let Next::Try(next, _) = attempts.after(seat, server(None), 0) {
            seat = next;
            count += 1;
        }
        assert_eq!(count, 4);
        assert_eq!(Attempts::new(POLICY, &[1, 1], 0).after(seat, Failure::Request, 0), Next::Stop);
        let refused = Failure::Credential { retry_after: None };
        let mut lone = Attempts::new(POLICY, &[1], 0);
        assert_eq!(lone.first().map(|s| lone.after(s, refused, 0)), Some(Next::Stop));
        assert_eq!(Attempts::new(POLICY, &[0], 0).first(), None);
    }
}
