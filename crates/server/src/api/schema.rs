//! How values look in the document of the management API: ids, times, money, names. In: types. Out: schemas, and values as
//! text. Never here: reading a value (read), what a route takes (its own file).

use crate::limits::{
    EMAIL_BYTES_MAX, METADATA_MAX, METADATA_VALUE_CHARS_MAX, MODEL_PATTERN_CHARS_MAX, NAME_CHARS_MAX,
    PAGE_ROWS_MAX, PASSWORD_CHARS, REASON_CHARS_MAX, SLUG_CHARS_MAX,
};
use crate::surface::Families;
use admit::Scope;
use ledger::facts::Ending;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Display;
use store::port::{By, Role};
use units::{
    CredentialId, GrantId, InvitationId, KeyId, ManagementKeyId, NanoUsd, OperatorTokenId, PriceId, RequestId,
    SessionId, Timestamp, UserId, WorkspaceId,
};

/// A value as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

/// What has one text.
pub trait Texts {
    /// How the text looks.
    fn looks() -> Schema;
}

impl<T: Texts> JsonSchema for Shown<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<T>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::looks()
    }
}

macro_rules! ids {
    ($($id:ty)*) => {$(
        impl Texts for $id {
            fn looks() -> Schema {
                let pattern = format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", <$id>::PREFIX);
                json_schema!({ "type": "string", "format": "id", "pattern": pattern })
            }
        }
    )*};
}

ids!(CredentialId GrantId InvitationId KeyId ManagementKeyId OperatorTokenId PriceId RequestId SessionId UserId WorkspaceId);

impl Texts for Timestamp {
    fn looks() -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Texts for NanoUsd {
    /// USD with two to nine decimals, exactly.
    fn looks() -> Schema {
        json_schema!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2,9}$" })
    }
}

/// The schema of a type that nothing else is needed of.
macro_rules! looks {
    ($($(#[doc = $doc:literal])* $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])*
        pub enum $name {}

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

looks! {
    /// A name that people read, without control characters.
    Name = json_schema!({ "type": "string", "format": "name", "minLength": 1, "maxLength": NAME_CHARS_MAX });
    /// The address of a person.
    Email = json_schema!({ "type": "string", "format": "email", "maxLength": EMAIL_BYTES_MAX });
    /// A password that is to be kept.
    Password = json_schema!({
        "type": "string", "format": "password", "minLength": PASSWORD_CHARS.0, "maxLength": PASSWORD_CHARS.1,
    });
    /// The short name of a workspace.
    Slug = json_schema!({
        "type": "string", "format": "slug", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": SLUG_CHARS_MAX,
    });
    /// Why an operator did something.
    Reason = json_schema!({ "type": "string", "format": "reason", "minLength": 1, "maxLength": REASON_CHARS_MAX });
    /// An amount of USD, exactly.
    Usd = json_schema!({ "type": "string", "format": "usd", "pattern": "^[0-9]+(\\.[0-9]{1,9})?$" });
    /// How a request ended.
    EndingName = json_schema!({ "type": "string", "enum": Ending::ALL.map(Ending::name) });
    /// By what sums are told apart.
    ByName = json_schema!({ "type": "string", "enum": By::ALL.map(By::name) });
    /// A role in a workspace.
    RoleName = json_schema!({ "type": "string", "enum": Role::ALL.map(Role::name) });
    /// What a key may be used for.
    ScopeName = json_schema!({ "type": "string", "enum": Scope::ALL.map(Scope::name) });
    /// Endpoints that belong together.
    FamilyName = json_schema!({ "type": "string", "enum": Families::NAMES });
    /// The id of a model, or the beginning of ids and a `*`.
    ModelPattern = json_schema!({
        "type": "string", "format": "model-pattern", "minLength": 1, "maxLength": MODEL_PATTERN_CHARS_MAX,
    });
    /// An address or a network.
    Network = json_schema!({ "type": "string", "format": "network" });
    /// Names and values that an owner keeps with something.
    Metadata = json_schema!({
        "type": "object", "maxProperties": METADATA_MAX,
        "propertyNames": { "minLength": 1, "maxLength": METADATA_VALUE_CHARS_MAX },
        "additionalProperties": { "type": "string", "maxLength": METADATA_VALUE_CHARS_MAX },
    });
    /// Rows of a page.
    Limit = json_schema!({ "type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX });
}
