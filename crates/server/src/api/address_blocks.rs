//! Addresses that are shut out after failed tries (R-LIM-3), for operators. In: an address. Out: those that are blocked; one that is
//! blocked no more. Never here: when an address is blocked (admit), other nodes (limits).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Named};
use crate::api::schema::Shown;
use crate::house::Worker;
use crate::limits::ADDRESS_BLOCKS_TOLD_MAX;
use admit::{AddressBlock, FAILURES_MAX};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::net::IpAddr;
use units::Timestamp;

/// An address that is shut out.
#[derive(Serialize, JsonSchema)]
pub struct AddressBlocked {
    /// The address; of IPv6 the first of its network, all of which is shut out.
    address: String,
    /// The same as it is told to people: of IPv6 with its length (`2001:db8:1:2::/64`).
    network: String,
    since: Shown<Timestamp>,
    /// When it is let in again by itself.
    until: Shown<Timestamp>,
}

/// What the node that answers knows of addresses.
#[derive(Serialize, JsonSchema)]
pub struct AddressBlocks {
    data: Vec<AddressBlocked>,
    /// So many more are blocked.
    left_out: usize,
    /// Who knows: `shared` is all nodes together, by Redis; `local` this node by itself; `degraded` this node while Redis is away.
    #[schemars(extend("enum" = ["local", "shared", "degraded"]))]
    known_by: &'static str,
    /// Nodes that run on the same store.
    nodes: u32,
    /// So many failures in a row block an address.
    failures: u32,
}

/// `GET /address-blocks`: those that will be shut out longest first.
pub async fn list(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let house = &worker.house;
    let blocks = house.limiter.blocks(house.clock.now());
    let left_out = blocks.len().saturating_sub(ADDRESS_BLOCKS_TOLD_MAX);
    let blocked = blocks.into_iter().take(ADDRESS_BLOCKS_TOLD_MAX).map(|block| AddressBlocked {
        address: block.address.first().to_string(),
        network: block.address.to_string(),
        since: Shown(block.since),
        until: Shown(block.until),
    });
    Ok(Answer::ok(&AddressBlocks {
        data: blocked.collect(),
        left_out,
        known_by: house.limiter.mode().name(),
        nodes: house.store.live_nodes().await?,
        failures: FAILURES_MAX,
    }))
}

/// An address that is let in again.
#[derive(Serialize, JsonSchema)]
pub struct AddressLifted {
    /// As it was told.
    network: String,
}

/// `DELETE /address-blocks/{address}`: lets it in again, and forgets its failures. With Redis other nodes hear of it within two seconds.
pub async fn lift(
    State(worker): State<Worker>,
    operator: Operator,
    Named(address): Named,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let gone = || Problem::not_found("blocked address");
    let address: IpAddr = address.parse().map_err(|_| gone())?;
    let until = house.limiter.blocked(address, now).ok_or_else(gone)?;
    let network = AddressBlock::of(address).to_string();
    // Told before it is done: no address is let in again without an entry.
    let log = operator.did(now, "address_block.lift", network.clone(), &json!({ "until": until.to_string() }));
    house.store.note(log).await?;
    house.limiter.lift(address, now);
    Ok(Answer::ok(&AddressLifted { network }))
}
