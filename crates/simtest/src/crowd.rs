//! Many accounts with a key each, for bench/: they are loaded as from a store, and one call of theirs is admitted at a time. In: a
//! house, a number. Out: whether each may run. Never here: what it costs.

use crate::SimHouse;
use admit::{KeyRules, WorkspaceRules};
use http::Request;
use http::header::AUTHORIZATION;
use server::Peer;
use std::net::{IpAddr, Ipv4Addr};
use store::port::{KeyRow, WorkspaceRow};
use units::Timestamp;

/// The accounts, by the requests that they send.
pub struct Crowd<'h> {
    sim: &'h SimHouse,
    requests: Vec<Request<()>>,
}

impl<'h> Crowd<'h> {
    /// Loads so many, in a house whose tiers have room for them.
    pub fn of(sim: &'h SimHouse, count: u32) -> Self {
        let house = sim.house();
        let now = house.clock.now();
        let (mut workspaces, mut keys, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..count {
            let id = units::WorkspaceId::new(now, house.ten());
            let rules = WorkspaceRules { plans: vec!["plan".to_owned()], ..WorkspaceRules::default() };
            let row = WorkspaceRow::new(id, format!("Customer {n}"), format!("customer-{n}"), now);
            workspaces.push(WorkspaceRow { rules, ..row });
            let mut random = [0; 32];
            house.chance.fill(&mut random);
            let text = admit::mint("sk-tg-", &random);
            keys.push(key(id, house.vault.digest(text.expose()), (house.key_id(now), now)));
            let asked = Request::builder().header(AUTHORIZATION, format!("Bearer {}", text.expose()));
            let mut asked = asked.body(()).unwrap_or_default();
            asked.extensions_mut().insert(Peer(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))));
            requests.push(asked);
        }
        house.workspaces.replace(workspaces);
        house.keys.replace(keys);
        Self { sim, requests }
    }

    /// Admits one call of an account, or not.
    pub async fn admit(&self, n: usize) -> bool {
        let request = &self.requests[n % self.requests.len()];
        server::admit(self.sim.house(), request, "m").await
    }
}

/// A key with a rate of its own.
fn key(workspace: units::WorkspaceId, digest: [u8; 32], (id, now): (units::KeyId, Timestamp)) -> KeyRow {
    KeyRow {
        id,
        workspace,
        name: "k".into(),
        prefix: "sk-tg-".into(),
        digest,
        created_at: now,
        expires_at: None,
        revoked_at: None,
        rules: KeyRules { requests_per_minute: Some(1_000_000), ..KeyRules::default() },
        owner: None,
        created_by: String::new(),
        last_used_at: None,
        old: None,
        version: 1,
    }
}
