//! Who is in the demonstration: workspaces, people, keys and their ways. In: nothing. Out: a table. Never here: making them (town),
//! making calls of them (traffic).

use std::ops::Range;

/// How many days are behind the day of the start.
pub const DAYS: i64 = 30;

/// A key, and what is called with it.
pub struct Program {
    /// What the key is called.
    pub name: &'static str,
    /// The days on which it is used, counted from the first one.
    pub days: Range<i64>,
    /// Calls on a working day, halfway through the month.
    pub calls: u64,
    /// In so many of a hundred calls of a working day it is used on a day of the weekend.
    pub weekend: u64,
    /// When in the day, UTC.
    pub hours: Hours,
    /// What it calls.
    pub models: &'static [(Called, u64)],
    /// What it calls itself.
    pub client: &'static str,
    /// Whether its calls belong to sessions.
    pub sessions: bool,
    /// In so many of a thousand calls the answer is a stream.
    pub streamed: u64,
}

/// When in the day something is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// While people work.
    Office,
    /// While people are awake, most in the evening.
    Waking,
    /// At night.
    Night,
}

impl Hours {
    /// How likely each hour of the day is.
    pub const fn weights(self) -> [u64; 24] {
        match self {
            Self::Office => [0, 0, 0, 0, 0, 1, 3, 9, 18, 22, 21, 17, 10, 16, 21, 19, 14, 8, 4, 2, 1, 1, 0, 0],
            Self::Waking => [3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 10, 11, 12, 11, 10, 10, 11, 13, 16, 18, 17, 13, 8, 5],
            Self::Night => [4, 24, 30, 22, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        }
    }
}

/// A model by the endpoint that it is called at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// The public model.
    pub model: &'static str,
    /// The endpoint family.
    pub endpoint: &'static str,
    /// What its calls are like.
    pub kind: Kind,
}

/// What calls are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A short conversation.
    Chat,
    /// A long one, most of it read from the prompt cache.
    Code,
    /// It thinks before it answers.
    Think,
    /// A long text in, few words out.
    Digest,
    /// Texts in, vectors out.
    Embed,
    /// Pictures out.
    Paint,
}

const fn called(model: &'static str, endpoint: &'static str, kind: Kind) -> Called {
    Called { model, endpoint, kind }
}

const CHAT: &str = "chat.completions";

/// The first day of the second workspace.
pub const SECOND_DAY: i64 = 4;
/// The day on which it brings a key of its own to a provider.
pub const OWN_KEY_DAY: i64 = 9;
/// The day on which prices go down.
pub const PRICE_DAY: i64 = 12;
/// The day on which a provider fails for a while.
pub const OUTAGE_DAY: i64 = 23;
/// The day on which the prototype's key is revoked.
pub const REVOKED_DAY: i64 = 21;

/// Every key that has a past. A model without a price change costs the same all month.
pub const PROGRAMS: [Program; 6] = [
    Program {
        name: "production backend",
        days: 0..DAYS + 1,
        calls: 115,
        weekend: 55,
        hours: Hours::Waking,
        models: &[
            (called("sim-openai", CHAT, Kind::Chat), 48),
            (called("sim-anthropic", "messages", Kind::Chat), 18),
            (called("sim-gemini", "generate_content", Kind::Chat), 14),
            (called("sim-failover", CHAT, Kind::Chat), 14),
            (called("sim-responses", "responses", Kind::Think), 6),
        ],
        client: "openai-python/2.8.0",
        sessions: false,
        streamed: 720,
    },
    Program {
        name: "code assistants",
        days: 1..DAYS + 1,
        calls: 64,
        weekend: 12,
        hours: Hours::Office,
        models: &[
            (called("sim-anthropic", "messages", Kind::Code), 86),
            (called("sim-reasoner", CHAT, Kind::Think), 14),
        ],
        client: "claude-cli/2.1.4",
        sessions: true,
        streamed: 980,
    },
    Program {
        name: "nightly digest",
        days: 2..DAYS + 1,
        calls: 34,
        weekend: 100,
        hours: Hours::Night,
        models: &[
            (called("sim-openai-embedding", "embeddings", Kind::Embed), 55),
            (called("sim-gemini", "generate_content", Kind::Digest), 45),
        ],
        client: "node",
        sessions: false,
        streamed: 0,
    },
    Program {
        name: "old prototype",
        days: 0..REVOKED_DAY,
        calls: 12,
        weekend: 20,
        hours: Hours::Office,
        models: &[(called("sim-free", CHAT, Kind::Chat), 60), (called("sim-openai", CHAT, Kind::Chat), 40)],
        client: "curl/8.5.0",
        sessions: false,
        streamed: 100,
    },
    Program {
        name: "website assistant",
        days: SECOND_DAY..DAYS + 1,
        calls: 38,
        weekend: 75,
        hours: Hours::Waking,
        models: &[
            (called("sim-openai", CHAT, Kind::Chat), 55),
            (called("sim-reasoner", CHAT, Kind::Think), 25),
            (called("sim-free", CHAT, Kind::Chat), 20),
        ],
        client: "openai-node/6.10.0",
        sessions: true,
        streamed: 900,
    },
    Program {
        name: "catalogue pictures",
        days: SECOND_DAY + 2..DAYS + 1,
        calls: 6,
        weekend: 30,
        hours: Hours::Office,
        models: &[(called("sim-task-image", "images.generations", Kind::Paint), 100)],
        client: "python-requests/2.32.4",
        sessions: false,
        streamed: 0,
    },
];
