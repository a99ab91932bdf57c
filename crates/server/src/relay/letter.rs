//! A request in the words of one route's server. In: an order, a route. Out: body, headers, losses.
//! Spliced where the server speaks the client's language, encoded where not. Never here: credentials, sending.

use crate::live::LiveRoute;
use crate::relay::finish::Run;
use crate::relay::target::target;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss};
use http::{HeaderName, HeaderValue};
use units::Tokens;

/// What is sent.
pub struct Letter {
    /// The body.
    pub body: Bytes,
    /// Headers of the dialect; credentials and the operator's own come on top.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
}

impl Letter {
    /// Writes the request for a route. `insert` is the affordable limit of the answer, where one must be inserted.
    ///
    /// # Errors
    /// A fault that names the field which this server's language cannot carry.
    pub fn write(run: &Run, route: &LiveRoute, insert: Option<Tokens>) -> Result<Self, Fault> {
        let order = &run.order;
        let target = target(&order.model, route, insert);
        if target.dialect != order.peek.dialect {
            return Err(Fault::new(FaultKind::NoRoute, "not yet"));
        }
        let body = dialect::straight::prepare(&order.body, &order.peek, &target);
        let mut headers = Vec::new();
        if target.dialect == Dialect::Anthropic {
            headers.push((HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01")));
        }
        Ok(Self { body, headers, losses: Vec::new() })
    }
}
