//! What a provider bills above or beside the tokens of a call. In: the words by which an operator says that a route may be
//! asked for it. Out: sets of them. Never here: which request asks for one (dialect), what it costs.

/// One thing that changes what a call costs, beyond its counts of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Surcharge {
    /// A tier of service other than the ordinary one.
    ServiceTier,
    /// A faster way to answer at a higher rate.
    Speed,
    /// A region to compute in at a higher rate.
    Region,
    /// The provider searches the web, for a price a search.
    WebSearch,
    /// The provider fetches pages.
    WebFetch,
    /// The provider runs code in containers, for a price an hour.
    CodeExecution,
    /// The provider calls tool servers that the request names.
    ToolServers,
    /// Any other tool that the provider runs itself.
    ServerTools,
    /// Sound or images in the answer.
    Modalities,
    /// Another model, or another provider behind this one, than the route's.
    Routing,
}

impl Surcharge {
    /// Every one, in the order of their words in the documents.
    pub const ALL: [Self; 10] = [
        Self::ServiceTier,
        Self::Speed,
        Self::Region,
        Self::WebSearch,
        Self::WebFetch,
        Self::CodeExecution,
        Self::ToolServers,
        Self::ServerTools,
        Self::Modalities,
        Self::Routing,
    ];

    /// The word in catalogues.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceTier => "service_tier",
            Self::Speed => "speed",
            Self::Region => "region",
            Self::WebSearch => "web_search",
            Self::WebFetch => "web_fetch",
            Self::CodeExecution => "code_execution",
            Self::ToolServers => "tool_servers",
            Self::ServerTools => "server_tools",
            Self::Modalities => "modalities",
            Self::Routing => "routing",
        }
    }
}

/// A set of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Surcharges(u16);

impl Surcharges {
    /// Puts one in.
    pub const fn insert(&mut self, one: Surcharge) {
        self.0 |= 1 << one as u8;
    }

    /// Whether it is in.
    pub const fn contains(self, one: Surcharge) -> bool {
        self.0 & (1 << one as u8) != 0
    }
}

impl FromIterator<Surcharge> for Surcharges {
    fn from_iter<I: IntoIterator<Item = Surcharge>>(all: I) -> Self {
        let mut set = Self::default();
        all.into_iter().for_each(|one| set.insert(one));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in_and_words_are_told_apart() {
        for one in Surcharge::ALL {
            let set: Surcharges = [one].into_iter().collect();
            let held = Surcharge::ALL.into_iter().filter(|other| set.contains(*other));
            assert_eq!(held.collect::<Vec<_>>(), [one]);
            assert_eq!(Surcharge::ALL.iter().filter(|other| other.name() == one.name()).count(), 1);
        }
        assert!(!Surcharges::default().contains(Surcharge::Speed));
    }
}
