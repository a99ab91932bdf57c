//! The table of the management API: each route once, with who may use it and what it takes and gives. In: nothing. Out: the
//! router, built of the table, so that no route is open that has no row. Never here: what a route does.

use super::gate::{self, May};
use super::people::{account, invitations, members, password, sessions, totp, users};
use super::problem::Problem;
use super::{
    catalogue, credit, keys, management_keys, operator, own_providers, page, platform, records, tokens,
    workspace_rules, workspaces,
};
use crate::house::{House, Worker};
use crate::surface::MANAGED;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use http::Method;
use serde_json::Value;
use std::sync::Arc;
use store::port::Role;

/// What a body is, by the type that reads or writes it. A schema of the type belongs here once there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The type's name.
    pub name: &'static str,
}

impl Shape {
    fn of<T>() -> Self {
        Self { name: std::any::type_name::<T>() }
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
    /// Who may use it.
    pub may: May,
    /// What it takes; the empty tuple is nothing.
    pub input: fn() -> Shape,
    /// What it gives.
    pub answer: fn() -> Shape,
    handler: fn(MethodFilter) -> MethodRouter<Worker>,
}

impl Row {
    /// Whether a session must prove that the page is ours: for everything that changes something.
    pub fn wants_csrf(&self) -> bool {
        !self.method.is_safe()
    }

    fn filter(&self) -> MethodFilter {
        MethodFilter::try_from(self.method.clone()).unwrap_or(MethodFilter::OPTIONS)
    }
}

macro_rules! rows {
    ($($method:ident $path:literal $name:literal, $may:expr, $input:ty => $answer:ty, $handler:path;)*) => {
        &[$(Row {
            method: Method::$method,
            path: $path,
            name: $name,
            may: $may,
            input: Shape::of::<$input>,
            answer: Shape::of::<$answer>,
            handler: |only| on(only, $handler),
        }),*]
    };
}

/// Who looks after people.
const HEADS: May = May::Member(&[Role::Owner, Role::Admin]);
/// Who makes keys.
const MAKERS: May = May::Member(&[Role::Owner, Role::Admin, Role::Developer]);
/// Who makes keys for programs: no program makes itself others.
const PEOPLE: May = May::Person(&[Role::Owner, Role::Admin]);
/// Everybody in a workspace.
const MEMBERS: May = May::Member(&Role::ALL);

/// Every route there is. In a workspace operators may what its owner may.
#[rustfmt::skip]
pub static ROWS: &[Row] = rows![
    GET "/whoami" "whoami", May::Known, () => Value, operator::whoami;
    POST "/setup" "setup", May::Anybody, account::Setup => account::UserTold, account::setup;
    POST "/register" "register", May::Anybody, account::Register => account::Sent, account::register;
    POST "/verify" "verify", May::Anybody, account::Token => account::Done, account::verify;
    POST "/verify/mail" "verify.mail", May::Anybody, account::Address => account::Sent, account::verify_mail;
    POST "/session" "session.create", May::Anybody, sessions::SignIn => sessions::SessionTold, sessions::create;
    GET "/session" "session.show", May::Signed, () => sessions::SessionTold, sessions::show;
    DELETE "/session" "session.end", May::Signed, () => account::Done, sessions::end;
    POST "/session/code" "session.code", May::Half, totp::Code => sessions::SessionTold, totp::sign_in;
    GET "/sessions" "sessions.list", May::Session, () => sessions::Sessions, sessions::list;
    DELETE "/sessions" "sessions.end_others", May::Session, () => account::Done, sessions::end_others;
    DELETE "/sessions/{session}" "sessions.end", May::Session, () => account::Done, sessions::end_one;
    POST "/password" "password.change", May::Session, password::Change => sessions::SessionTold, password::change;
    POST "/password/forgotten" "password.forgotten", May::Anybody, account::Address => account::Sent, password::forgotten;
    POST "/password/reset" "password.reset", May::Anybody, password::Reset => account::Done, password::reset;
    POST "/totp" "totp.enrol", May::Session, () => totp::Seed, totp::enrol;
    POST "/totp/confirm" "totp.confirm", May::Session, totp::Confirm => totp::Confirmed, totp::confirm;
    POST "/totp/remove" "totp.remove", May::Session, totp::Code => account::Done, totp::remove;
    GET "/users" "users.list", May::Operator, page::WhichPage => users::Users, users::list;
    PATCH "/users/{user}" "users.change", May::Operator, users::Standing => account::UserTold, users::change;
    GET "/workspaces" "workspaces.list", May::Known, page::WhichPage => Value, workspaces::list;
    POST "/workspaces" "workspaces.create", May::Account, workspaces::NewWorkspace => Value, workspaces::create;
    GET "/workspaces/{workspace}" "workspaces.show", MEMBERS, () => Value, workspaces::show;
    PATCH "/workspaces/{workspace}" "workspaces.change", HEADS, workspace_rules::ChangedWorkspace => Value, workspace_rules::change;
    GET "/platform" "platform.show", May::Operator, () => Value, platform::show;
    PATCH "/platform" "platform.change", May::Operator, platform::ChangedPlatform => Value, platform::change;
    POST "/workspaces/{workspace}/credit" "credit.grant", May::Operator, credit::NewGrant => Value, credit::grant;
    GET "/workspaces/{workspace}/members" "members.list", MEMBERS, page::WhichPage => members::Members, members::list;
    PATCH "/workspaces/{workspace}/members/{user}" "members.change", HEADS, members::NewRole => members::MemberTold, members::change;
    DELETE "/workspaces/{workspace}/members/{user}" "members.remove", HEADS, () => account::Done, members::remove;
    POST "/workspaces/{workspace}/leave" "members.leave", May::Person(&Role::ALL), () => account::Done, members::leave;
    GET "/workspaces/{workspace}/invitations" "invitations.list", HEADS, page::WhichPage => invitations::Invitations, invitations::list;
    POST "/workspaces/{workspace}/invitations" "invitations.create", HEADS, invitations::NewInvitation => invitations::InvitationTold, invitations::create;
    DELETE "/workspaces/{workspace}/invitations/{invitation}" "invitations.withdraw", HEADS, () => account::Done, invitations::withdraw;
    POST "/invitations/look" "invitations.look", May::Anybody, account::Token => invitations::Look, invitations::look;
    POST "/invitations/accept" "invitations.accept", May::Session, account::Token => invitations::Accepted, invitations::accept;
    GET "/workspaces/{workspace}/keys" "workspace_keys.list", MEMBERS, keys::Which => Value, keys::list;
    POST "/workspaces/{workspace}/keys" "workspace_keys.create", MAKERS, keys::NewKey => Value, keys::create;
    GET "/workspaces/{workspace}/keys/{key}" "workspace_keys.show", MEMBERS, () => Value, keys::show;
    PATCH "/workspaces/{workspace}/keys/{key}" "workspace_keys.change", MAKERS, keys::ChangedKey => Value, keys::change;
    POST "/workspaces/{workspace}/keys/{key}/rotate" "workspace_keys.rotate", MAKERS, keys::Rotated => Value, keys::rotate;
    DELETE "/workspaces/{workspace}/keys/{key}" "workspace_keys.revoke", MAKERS, () => Value, keys::revoke;
    GET "/workspaces/{workspace}/management-keys" "management_keys.list", PEOPLE, page::WhichPage => Value, management_keys::list;
    POST "/workspaces/{workspace}/management-keys" "management_keys.create", PEOPLE, management_keys::NewManagementKey => Value, management_keys::create;
    DELETE "/workspaces/{workspace}/management-keys/{key}" "management_keys.revoke", PEOPLE, () => Value, management_keys::revoke;
    GET "/workspaces/{workspace}/providers" "own_providers.list", MEMBERS, () => own_providers::OwnProviders, own_providers::providers;
    GET "/workspaces/{workspace}/provider-keys" "provider_keys.list", MEMBERS, page::WhichPage => own_providers::ProviderKeys, own_providers::list;
    POST "/workspaces/{workspace}/provider-keys" "provider_keys.create", HEADS, own_providers::NewProviderKey => own_providers::ProviderKeyTold, own_providers::create;
    PATCH "/workspaces/{workspace}/provider-keys/{key}" "provider_keys.change", HEADS, own_providers::ChangedProviderKey => own_providers::ProviderKeyTold, own_providers::change;
    DELETE "/workspaces/{workspace}/provider-keys/{key}" "provider_keys.remove", HEADS, () => own_providers::ProviderKeyRemoved, own_providers::remove;
    GET "/keys" "keys.list", May::Operator, keys::Which => Value, keys::list;
    POST "/keys" "keys.create", May::Operator, keys::NewKey => Value, keys::create;
    GET "/keys/{id}" "keys.show", May::Operator, () => Value, keys::show;
    PATCH "/keys/{id}" "keys.change", May::Operator, keys::ChangedKey => Value, keys::change;
    POST "/keys/{id}/rotate" "keys.rotate", May::Operator, keys::Rotated => Value, keys::rotate;
    DELETE "/keys/{id}" "keys.revoke", May::Operator, () => Value, keys::revoke;
    GET "/operator-tokens" "operator_tokens.list", May::Operator, () => Value, tokens::list;
    POST "/operator-tokens" "operator_tokens.create", May::Operator, tokens::NewToken => Value, tokens::create;
    DELETE "/operator-tokens/{id}" "operator_tokens.revoke", May::Operator, () => Value, tokens::revoke;
    GET "/catalogue" "catalogue.show", May::Operator, () => Value, catalogue::show;
    PUT "/catalogue" "catalogue.apply", May::Operator, ::catalog::CatalogueDoc => Value, catalogue::apply;
    GET "/providers" "providers.list", May::Operator, () => Value, catalogue::providers;
    GET "/models" "models.list", May::Operator, () => Value, catalogue::models;
    GET "/usage" "usage.list", May::Operator, records::WhichUsage => Value, records::usage;
    GET "/audit" "audit.run", May::Operator, () => Value, records::audit;
    GET "/log" "log.list", May::Operator, records::WhichLog => Value, records::log;
    GET "/log/check" "log.check", May::Operator, () => Value, records::check_log;
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
pub fn router(house: &Arc<House>) -> Router<Worker> {
    let add = |router: Router<Worker>, row: &'static Row| {
        let guarded = (row.handler)(row.filter()).route_layer(from_fn_with_state((house.clone(), row), gate::pass));
        router.route(row.path, guarded)
    };
    ROWS.iter()
        .fold(Router::new(), add)
        .method_not_allowed_fallback(any(|| async { Problem::method() }))
        .fallback(any(|| async { Problem::not_found("path") }))
}

#[cfg(test)]
mod tests;
