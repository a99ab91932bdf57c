//! Many accounts with a key each, for bench/: they are loaded as from a store, and one call of theirs is admitted at a time. In: a
//! house, numbers. Out: their requests, fresh as from a connection; whether each may run. Never here: what it costs.

use crate::SimHouse;
use admit::{KeyRules, WorkspaceRules};
use http::Request;
use http::header::AUTHORIZATION;
use server::Peer;
use std::net::{IpAddr, Ipv4Addr};
use store::port::{KeyRow, WorkspaceRow};
use units::Timestamp;

/// The accounts, by the texts of their keys.
pub struct Crowd<'h> {
    sim: &'h SimHouse,
    texts: Vec<String>,
}

impl<'h> Crowd<'h> {
    /// Loads so many, in a house whose tiers have room for them.
    pub fn of(sim: &'h SimHouse, count: u32) -> Self {
        let house = sim.house();
        let now = house.clock.now();
        let (mut workspaces, mut keys, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..count {
            let id = units::WorkspaceId::new(now, house.ten());
            // Half of them go by their balance.
            let plans = if n % 2 == 0 { vec!["plan".to_owned()] } else { Vec::new() };
            let rules = WorkspaceRules { plans, ..WorkspaceRules::default() };
            let row = WorkspaceRow::new(id, format!("Customer {n}"), format!("customer-{n}"), now);
            workspaces.push(WorkspaceRow { rules, ..row });
            let mut random = [0; 32];
            house.chance.fill(&mut random);
            let text = admit::mint("sk-tg-", &random);
            keys.push(key(id, house.vault.digest(text.expose()), (house.key_id(now), now)));
            texts.push(format!("Bearer {}", text.expose()));
        }
        house.workspaces.replace(workspaces);
        house.keys.replace(keys);
        Self { sim, texts }
    }

    /// A request of an account, each from an address of its own.
    pub fn request(&self, n: usize) -> Request<()> {
        let n = n % self.texts.len();
        let mut request = Request::builder().header(AUTHORIZATION, &self.texts[n]).body(()).unwrap_or_default();
        let address = Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(n).unwrap_or(u32::MAX));
        request.extensions_mut().insert(Peer(IpAddr::V4(address)));
        request
    }

    /// Admits one call, or not.
    pub async fn admit(&self, request: &Request<()>) -> bool {
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
        rules: KeyRules { requests_per_minute: Some(1_000), ..KeyRules::default() },
        owner: None,
        created_by: String::new(),
        last_used_at: None,
        old: None,
        version: 1,
    }
}
