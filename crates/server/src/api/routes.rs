//! The table of the management API: each route once, with who may use it and what it takes and gives. In: nothing. Out: the
//! router, built of the table, so that no route is open that has no row. Never here: what a route does.

use super::gate::{self, May};
use super::people::{account, invitations, members, password, sessions, totp, users};
use super::problem::Problem;
use super::{
    about, account_limits, account_models, address_blocks, books, catalogue, credit, devices, document, fit,
    install_tokens, key_told, keys, log, look, management_keys, operator, own_providers, page, platform, records,
    search, secrets, system, tokens, usage, workspace_rules, workspaces,
};
use crate::house::Worker;
use crate::surface::MANAGED;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use store::port::Role;

/// What a body is, by the type that reads or writes it.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The type's name.
    pub name: &'static str,
    /// Its schema; what it refers to goes into the generator.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Its schema as it is read, whole.
    pub whole: fn() -> Value,
}

impl Shape {
    fn of<T: JsonSchema>() -> Self {
        Self {
            name: std::any::type_name::<T>(),
            schema: SchemaGenerator::subschema_for::<T>,
            whole: fit::schema_of::<T>,
        }
    }

    fn is_something(&self) -> bool {
        self.name != std::any::type_name::<()>()
    }
}

/// One route.
pub struct Row {
    /// Its method.
    pub method: Method,
    /// Its path below the base; `{workspace}` is one that the caller must have a seat in.
    pub path: &'static str,
    /// Its name in documents.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may use it.
    pub may: May,
    /// What it takes, in its body or, of `GET`, in its query; the empty tuple is nothing.
    pub input: fn() -> Shape,
    /// What it gives.
    pub answer: fn() -> Shape,
    /// The status of its answer.
    pub status: u16,
    /// Whether the same call with the same `Idempotency-Key` is done once.
    pub once: bool,
    /// What stands in the query where there is a body as well.
    beside: Option<fn() -> Shape>,
    handler: fn(MethodFilter) -> MethodRouter<Worker>,
}

impl Row {
    /// Whether a session must prove that the page is ours: for everything that changes something.
    pub fn wants_csrf(&self) -> bool {
        !self.method.is_safe()
    }

    /// What it takes in its body.
    pub fn body(&self) -> Option<Shape> {
        Some((self.input)()).filter(|shape| shape.is_something() && self.method != Method::GET)
    }

    /// What it takes in its query.
    pub fn query(&self) -> Option<Shape> {
        let own = Some((self.input)()).filter(|_| self.method == Method::GET);
        own.or_else(|| self.beside.map(|shape| shape())).filter(Shape::is_something)
    }

    fn filter(&self) -> MethodFilter {
        MethodFilter::try_from(self.method.clone()).unwrap_or(MethodFilter::OPTIONS)
    }
}

/// What a row may say behind its handler: the status of its answer, `?` and the type of a query beside its body, and `once`
/// where the same call is done once for each key that comes with it.
macro_rules! rows {
    ($(
        #[doc = $summary:literal]
        $method:ident $path:literal $name:literal, $may:expr, $input:ty => $answer:ty, $handler:path
        $(, $status:literal)? $(, ?$query:ty)? $(, $once:ident)?;
    )*) => {
        &[$(Row {
            method: Method::$method,
            path: $path,
            name: $name,
            summary: $summary,
            may: $may,
            input: Shape::of::<$input>,
            answer: Shape::of::<$answer>,
            status: first(&[$($status,)? 200]),
            beside: first(&[$(Some(Shape::of::<$query> as fn() -> Shape),)? None]),
            once: first(&[$(is_once(stringify!($once)),)? false]),
            handler: |only| on(only, $handler),
        }),*]
    };
}

const fn first<T: Copy>(list: &[T]) -> T {
    list[0]
}

const fn is_once(word: &str) -> bool {
    matches!(word.as_bytes(), b"once")
}

/// Who looks after people.
const HEADS: May = May::Member(&[Role::Owner, Role::Admin]);
/// Who makes keys.
const MAKERS: May = May::Member(&MAKING);
/// The same, but no program.
const MAKING_PEOPLE: May = May::Person(&MAKING);
const MAKING: [Role; 3] = [Role::Owner, Role::Admin, Role::Developer];
/// Who makes keys for programs: no program makes itself others.
const PEOPLE: May = May::Person(&[Role::Owner, Role::Admin]);
/// Everybody in a workspace.
const MEMBERS: May = May::Member(&Role::ALL);

/// Every route there is. In a workspace operators may what its owner may.
#[rustfmt::skip]
pub static ROWS: &[Row] = rows![
    /// This document.
    GET "/openapi.json" "openapi", May::Anybody, () => Value, document::show;
    /// What everybody may know of this gateway: who may sign up, where models are called.
    GET "/about" "about", May::Anybody, () => about::About, about::show;
    /// Who asks.
    GET "/whoami" "whoami", May::Known, () => operator::WhoAmI, operator::whoami;
    /// Makes the first operator, once.
    POST "/setup" "setup", May::Anybody, account::Setup => account::UserTold, account::setup, 201;
    /// Signs up; the same answer whether the address is known or not.
    POST "/register" "register", May::Anybody, account::Register => account::Sent, account::register, 202;
    /// Proves an address by the token of a letter.
    POST "/verify" "verify", May::Anybody, account::Token => account::Done, account::verify;
    /// Sends another letter to an address that is still to be proved.
    POST "/verify/mail" "verify.mail", May::Anybody, account::Address => account::Sent, account::verify_mail, 202;
    /// Signs in: sets the cookie of a session.
    POST "/session" "session.create", May::Anybody, sessions::SignIn => sessions::SessionTold, sessions::create, 201;
    /// The session that asks, and the token that changes need.
    GET "/session" "session.show", May::Signed, () => sessions::SessionTold, sessions::show;
    /// Signs out.
    DELETE "/session" "session.end", May::Signed, () => account::Done, sessions::end;
    /// Completes a sign-in by a code of the second factor.
    POST "/session/code" "session.code", May::Half, totp::Code => sessions::SessionTold, totp::sign_in, 201;
    /// Where the user is signed in.
    GET "/sessions" "sessions.list", May::Session, () => sessions::Sessions, sessions::list;
    /// Ends every other session of the user.
    DELETE "/sessions" "sessions.end_others", May::Session, () => account::Done, sessions::end_others;
    /// Ends a session of the user.
    DELETE "/sessions/{session}" "sessions.end", May::Session, () => account::Done, sessions::end_one;
    /// Changes the password; every session ends, and a new one begins.
    POST "/password" "password.change", May::Session, password::Change => sessions::SessionTold, password::change, 201;
    /// Sends a letter with a way to a new password.
    POST "/password/forgotten" "password.forgotten", May::Anybody, account::Address => account::Sent, password::forgotten, 202;
    /// Sets a password by the token of a letter; every session ends.
    POST "/password/reset" "password.reset", May::Anybody, password::Reset => account::Done, password::reset;
    /// Whether the user has a second factor.
    GET "/totp" "totp.show", May::Session, () => totp::SecondFactorTold, totp::show;
    /// A new seed of one-time codes, to be confirmed.
    POST "/totp" "totp.enrol", May::Session, () => totp::Seed, totp::enrol, 201;
    /// Confirms the seed by a code, and gives recovery codes.
    POST "/totp/confirm" "totp.confirm", May::Session, totp::Confirm => totp::Confirmed, totp::confirm, 201;
    /// Takes the second factor away, by one more code.
    POST "/totp/remove" "totp.remove", May::Session, totp::Code => account::Done, totp::remove;
    /// All users, newest first; those that fit `q`, where it is said.
    GET "/users" "users.list", May::Operator, page::WhichNarrowed => users::Users, users::list;
    /// Shuts a user out or lets them in, makes them an operator or not, takes a lost second factor away.
    PATCH "/users/{user}" "users.change", May::Operator, users::Standing => account::UserTold, users::change;
    /// Workspaces, newest first: all of them for operators, their own for others; those that fit `q`, where it is said.
    GET "/workspaces" "workspaces.list", May::Known, page::WhichNarrowed => workspaces::Workspaces, workspaces::list;
    /// Makes a workspace.
    POST "/workspaces" "workspaces.create", May::Account, workspaces::NewWorkspace => workspaces::WorkspaceTold, workspaces::create, 201, once;
    /// A workspace with its balance and rules.
    GET "/workspaces/{workspace}" "workspaces.show", MEMBERS, () => workspaces::WorkspaceTold, workspaces::show;
    /// Names a workspace and sets its rules; what is absent stays.
    PATCH "/workspaces/{workspace}" "workspaces.change", HEADS, workspace_rules::ChangedWorkspace => workspaces::WorkspaceTold, workspace_rules::change;
    /// What a workspace may ask for now, and what is left of it.
    GET "/workspaces/{workspace}/limits" "limits.show", MEMBERS, () => account_limits::LimitsTold, account_limits::show;
    /// The models of a workspace, and what they cost it.
    GET "/workspaces/{workspace}/models" "account_models.list", MEMBERS, () => account_models::AccountModels, account_models::list;
    /// The rules of the platform.
    GET "/platform" "platform.show", May::Operator, () => platform::PlatformTold, platform::show;
    /// Sets rules of the platform; what is absent stays.
    PATCH "/platform" "platform.change", May::Operator, platform::ChangedPlatform => platform::PlatformTold, platform::change;
    /// Gives credit to a workspace.
    POST "/workspaces/{workspace}/credit" "credit.grant", May::Operator, credit::NewGrant => credit::GrantTold, credit::grant, 201, once;
    /// Puts into the log that an operator looks at a workspace as its members do.
    POST "/workspaces/{workspace}/look" "workspaces.look", May::Operator, () => look::LookTold, look::begin, 201;
    /// The members of a workspace, newest first.
    GET "/workspaces/{workspace}/members" "members.list", MEMBERS, page::WhichPage => members::Members, members::list;
    /// Gives a member another role.
    PATCH "/workspaces/{workspace}/members/{user}" "members.change", HEADS, members::NewRole => members::MemberChanged, members::change;
    /// Takes a member out; their keys end with it.
    DELETE "/workspaces/{workspace}/members/{user}" "members.remove", HEADS, () => members::MemberGone, members::remove;
    /// Leaves a workspace.
    POST "/workspaces/{workspace}/leave" "members.leave", May::Person(&Role::ALL), () => members::MemberGone, members::leave;
    /// The invitations of a workspace, newest first.
    GET "/workspaces/{workspace}/invitations" "invitations.list", HEADS, page::WhichPage => invitations::Invitations, invitations::list;
    /// Invites an address; an open invitation of it is withdrawn.
    POST "/workspaces/{workspace}/invitations" "invitations.create", HEADS, invitations::NewInvitation => invitations::InvitationTold, invitations::create, 201, once;
    /// Withdraws an invitation.
    DELETE "/workspaces/{workspace}/invitations/{invitation}" "invitations.withdraw", HEADS, () => account::Done, invitations::withdraw;
    /// What a token invites to.
    POST "/invitations/look" "invitations.look", May::Anybody, account::Token => invitations::Look, invitations::look;
    /// Accepts an invitation to the user's own address.
    POST "/invitations/accept" "invitations.accept", May::Session, account::Token => invitations::Accepted, invitations::accept;
    /// Keys of a workspace, newest first; developers see their own.
    GET "/workspaces/{workspace}/keys" "workspace_keys.list", MEMBERS, keys::Which => key_told::Keys, keys::list;
    /// Makes a key; its text is in this answer and nowhere else.
    POST "/workspaces/{workspace}/keys" "workspace_keys.create", MAKERS, keys::NewKey => key_told::NewKeyTold, keys::create, 201, once;
    /// A key of a workspace.
    GET "/workspaces/{workspace}/keys/{key}" "workspace_keys.show", MEMBERS, () => key_told::KeySpent, keys::show;
    /// Changes a key of a workspace; what is absent stays, null takes away.
    PATCH "/workspaces/{workspace}/keys/{key}" "workspace_keys.change", MAKERS, keys::ChangedKey => key_told::KeySpent, keys::change;
    /// Gives a key a new text; the old one works on for a while.
    POST "/workspaces/{workspace}/keys/{key}/rotate" "workspace_keys.rotate", MAKERS, keys::Rotated => key_told::NewKeyTold, keys::rotate;
    /// Revokes a key; again changes nothing.
    DELETE "/workspaces/{workspace}/keys/{key}" "workspace_keys.revoke", MAKERS, () => key_told::KeySpent, keys::revoke;
    /// The device that shows a code, so that people see what they would say yes to.
    POST "/devices/look" "devices.look", May::Session, devices::Typed => devices::DeviceTold, devices::look;
    /// A device gets no key.
    POST "/devices/deny" "devices.deny", May::Session, devices::Typed => devices::DeviceTold, devices::deny;
    /// A device gets a key of this workspace, which belongs to who says so.
    POST "/workspaces/{workspace}/devices" "devices.approve", MAKING_PEOPLE, devices::Typed => devices::DeviceTold, devices::approve;
    /// Makes a token that a set-up script changes for a key of this workspace, once; it is in this answer and nowhere else.
    POST "/workspaces/{workspace}/install-tokens" "install_tokens.create", MAKING_PEOPLE, () => install_tokens::InstallToken, install_tokens::create, 201;
    /// Management keys of a workspace, newest first.
    GET "/workspaces/{workspace}/management-keys" "management_keys.list", PEOPLE, page::WhichPage => management_keys::ManagementKeys, management_keys::list;
    /// Makes a management key; its text is in this answer and nowhere else.
    POST "/workspaces/{workspace}/management-keys" "management_keys.create", PEOPLE, management_keys::NewManagementKey => management_keys::NewManagementKeyTold, management_keys::create, 201, once;
    /// Revokes a management key; again changes nothing.
    DELETE "/workspaces/{workspace}/management-keys/{key}" "management_keys.revoke", PEOPLE, () => management_keys::ManagementKeyTold, management_keys::revoke;
    /// The providers that a workspace may bring keys to.
    GET "/workspaces/{workspace}/providers" "own_providers.list", MEMBERS, () => own_providers::OwnProviders, own_providers::providers;
    /// The keys that a workspace brought to providers, newest first.
    GET "/workspaces/{workspace}/provider-keys" "provider_keys.list", MEMBERS, page::WhichPage => own_providers::ProviderKeys, own_providers::list;
    /// Brings a key to a provider; its secret is never told again.
    POST "/workspaces/{workspace}/provider-keys" "provider_keys.create", HEADS, own_providers::NewProviderKey => own_providers::ProviderKeyTold, own_providers::create, 201, once;
    /// Gives such a key another name.
    PATCH "/workspaces/{workspace}/provider-keys/{key}" "provider_keys.change", HEADS, own_providers::ChangedProviderKey => own_providers::ProviderKeyTold, own_providers::change;
    /// Removes such a key.
    DELETE "/workspaces/{workspace}/provider-keys/{key}" "provider_keys.remove", HEADS, () => own_providers::ProviderKeyRemoved, own_providers::remove;
    /// Keys of all workspaces, newest first.
    GET "/keys" "keys.list", May::Operator, keys::Which => key_told::Keys, keys::list;
    /// Makes a key; its text is in this answer and nowhere else.
    POST "/keys" "keys.create", May::Operator, keys::NewKey => key_told::NewKeyTold, keys::create, 201, once;
    /// A key.
    GET "/keys/{id}" "keys.show", May::Operator, () => key_told::KeySpent, keys::show;
    /// Changes a key; what is absent stays, null takes away.
    PATCH "/keys/{id}" "keys.change", May::Operator, keys::ChangedKey => key_told::KeySpent, keys::change;
    /// Gives a key a new text; the old one works on for a while.
    POST "/keys/{id}/rotate" "keys.rotate", May::Operator, keys::Rotated => key_told::NewKeyTold, keys::rotate;
    /// Revokes a key; again changes nothing.
    DELETE "/keys/{id}" "keys.revoke", May::Operator, () => key_told::KeySpent, keys::revoke;
    /// Operator tokens, oldest first.
    GET "/operator-tokens" "operator_tokens.list", May::Operator, () => tokens::Tokens, tokens::list;
    /// Makes an operator token; its text is in this answer and nowhere else.
    POST "/operator-tokens" "operator_tokens.create", May::Operator, tokens::NewToken => tokens::NewTokenTold, tokens::create, 201, once;
    /// Revokes an operator token; the last one stays.
    DELETE "/operator-tokens/{id}" "operator_tokens.revoke", May::Operator, () => tokens::Revoked, tokens::revoke;
    /// Seals stored secrets with a new key, as many as a few seconds allow: ask again until it is finished.
    POST "/secrets/rotate" "secrets.rotate", May::Operator, () => secrets::Resealing, secrets::rotate;
    /// The documents of the catalogue in force, without credentials.
    GET "/catalogue" "catalogue.show", May::Operator, () => catalogue::InForce, catalogue::show;
    /// Applies documents, all or nothing.
    PUT "/catalogue" "catalogue.apply", May::Operator, catalogue::Documents => catalogue::Applied, catalogue::apply, ?catalogue::How;
    /// Versions of the catalogue, newest first: who applied each, when, and what it changed.
    GET "/catalogue/history" "catalogue.history", May::Operator, catalogue::WhichVersions => catalogue::CatalogueVersions, catalogue::versions;
    /// Providers and models that this version of Tollgate knows, to begin with. Check every price.
    GET "/catalogue/starter" "catalogue.starter", May::Operator, () => catalogue::StarterTold, catalogue::starter;
    /// Providers, in short.
    GET "/providers" "providers.list", May::Operator, () => catalogue::Providers, catalogue::providers;
    /// Asks a provider for its models, before it is applied or after; nothing is kept of it.
    POST "/providers/try" "providers.try", May::Operator, catalogue::Trial => catalogue::TrialTold, catalogue::try_provider;
    /// Models of the catalogue.
    GET "/models" "models.list", May::Operator, () => catalogue::Models, catalogue::models;
    /// Usage, newest first.
    GET "/usage" "usage.list", May::Operator, usage::WhichUsage => usage::UsagePage, usage::list;
    /// Usage as CSV, all that fits.
    GET "/usage.csv" "usage.csv", May::Operator, usage::WhichUsage => usage::Csv, usage::csv;
    /// A request, and how its charge came about.
    GET "/usage/{request}" "usage.show", May::Operator, () => usage::UsageDetail, usage::detail;
    /// Requests as they end: `request`, and `gap` where some were missed.
    GET "/events" "events.watch", May::Operator, () => usage::Events, usage::events;
    /// What requests came to.
    GET "/facts" "facts.show", May::Operator, usage::WhichHouseFacts => usage::FactsTold, usage::facts;
    /// Requests of a workspace, newest first; developers see those of their own keys.
    GET "/workspaces/{workspace}/usage" "workspace_usage.list", MEMBERS, usage::WhichRequests => usage::RequestPage, usage::list_of_workspace;
    /// Requests of a workspace as CSV, all that fit.
    GET "/workspaces/{workspace}/usage.csv" "workspace_usage.csv", MEMBERS, usage::WhichRequests => usage::Csv, usage::csv_of_workspace;
    /// A request of a workspace, and how its charge came about.
    GET "/workspaces/{workspace}/usage/{request}" "workspace_usage.show", MEMBERS, () => usage::RequestDetail, usage::detail_of_workspace;
    /// Requests of a workspace as they end: `request`, and `gap` where some were missed; developers see those of their own keys.
    GET "/workspaces/{workspace}/events" "workspace_events.watch", MEMBERS, () => usage::Events, usage::events;
    /// What requests of a workspace came to; developers see those of their own keys.
    GET "/workspaces/{workspace}/facts" "workspace_facts.show", MEMBERS, usage::WhichFacts => usage::FactsTold, usage::facts_of_workspace;
    /// Looks the gateway over: the store, the disk, providers' credentials, mail, what to do about each.
    GET "/system" "system.show", May::Operator, () => system::SystemTold, system::show;
    /// A part of a name in all that has one: requests, keys, users, workspaces, models, providers.
    GET "/search" "search.find", May::Operator, search::WhichWords => search::FoundList, search::find;
    /// Addresses that are shut out after failed tries, as far as the node that answers knows.
    GET "/address-blocks" "address_blocks.list", May::Operator, () => address_blocks::AddressBlocks, address_blocks::list;
    /// Lets an address in again.
    DELETE "/address-blocks/{address}" "address_blocks.lift", May::Operator, () => address_blocks::AddressLifted, address_blocks::lift;
    /// What everybody's credit comes to, and when the books were audited.
    GET "/ledger" "ledger.show", May::Operator, () => books::LedgerTold, books::show;
    /// Open holds, oldest first.
    GET "/ledger/holds" "holds.list", May::Operator, books::WhichHolds => books::HoldsTold, books::holds;
    /// What moved balances and was no request, newest first.
    GET "/ledger/movements" "movements.list", May::Operator, books::WhichMovements => books::MovementsTold, books::movements;
    /// Recomputes the ledger.
    GET "/audit" "audit.run", May::Operator, () => records::AuditTold, records::audit;
    /// The log of what everybody did, newest first.
    GET "/log" "log.list", May::Operator, log::WhichLog => log::LogPage, log::list;
    /// The log of what was done in a workspace, newest first.
    GET "/workspaces/{workspace}/log" "workspace_log.list", HEADS, log::WhichLog => log::LogPage, log::list_of_workspace;
    /// Whether the chain of the log is whole.
    GET "/log/check" "log.check", May::Operator, () => log::LogChecked, log::check;
];

/// A route as documents tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTold {
    /// Its method.
    pub method: &'static str,
    /// Its whole path.
    pub path: String,
    /// Its name.
    pub name: &'static str,
    /// Who may use it, in words.
    pub may: String,
    /// Whether a session must send `X-CSRF-Token`.
    pub csrf: bool,
    /// The type of what it takes; nothing is `()`.
    pub input: &'static str,
    /// The type of what it gives.
    pub answer: &'static str,
}

/// Every route, for documents.
pub fn told() -> Vec<RouteTold> {
    let last = |shape: Shape| shape.name.rsplit("::").next().unwrap_or(shape.name);
    let tell = |row: &'static Row| RouteTold {
        method: row.method.as_str(),
        path: format!("{}{}", MANAGED.base, row.path),
        name: row.name,
        may: row.may.words(),
        csrf: row.wants_csrf(),
        input: last((row.input)()),
        answer: last((row.answer)()),
    };
    ROWS.iter().map(tell).collect()
}

/// The router of the table. Nothing else adds a route.
pub fn router(worker: &Worker) -> Router<Worker> {
    let add = |router: Router<Worker>, row: &'static Row| {
        let guarded =
            (row.handler)(row.filter()).route_layer(from_fn_with_state((worker.clone(), row), gate::pass));
        router.route(row.path, guarded)
    };
    ROWS.iter()
        .fold(Router::new(), add)
        .method_not_allowed_fallback(any(|| async { Problem::method() }))
        .fallback(any(|| async { Problem::not_found("path") }))
}

#[cfg(test)]
mod tests;
