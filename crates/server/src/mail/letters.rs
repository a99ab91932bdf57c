//! What letters say. In: tokens, names. Out: letters, as plain text. A token stands on a line of its own and in a link
//! behind `#`, so that no server's log has it. Never here: sending.

use units::{Secret, Timestamp};

/// A letter to one person.
pub struct Letter {
    /// Their address.
    pub to: String,
    /// What it is about, for the log.
    pub kind: &'static str,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Writes letters of one server.
pub struct Letters<'a> {
    /// What links begin with.
    pub base: &'a str,
}

impl Letters<'_> {
    fn with_token(&self, path: &str, token: &Secret<String>, before: &str, after: &str) -> String {
        let (base, token) = (self.base, token.expose());
        format!("{before}\n\n{base}/{path}#{token}\n\nor with this code:\n\n{token}\n\n{after}\n")
    }

    /// Proves an address.
    pub fn verify(&self, to: &str, token: &Secret<String>) -> Letter {
        let text = self.with_token(
            "verify",
            token,
            "Somebody, we think you, has signed up with this address. Please confirm it here:",
            "It works for 24 hours. If it was not you, do nothing: without this nobody can sign in.",
        );
        Letter { to: to.to_owned(), kind: "verify", subject: "Confirm your address".to_owned(), text }
    }

    /// A way to a new password.
    pub fn reset(&self, to: &str, token: &Secret<String>) -> Letter {
        let text = self.with_token(
            "reset",
            token,
            "Somebody, we think you, asked for a new password. Set one here:",
            "It works once, for one hour. If it was not you, do nothing: your password stays as it is.",
        );
        Letter { to: to.to_owned(), kind: "reset", subject: "Set a new password".to_owned(), text }
    }

    /// Who has an account signed up again.
    pub fn known(&self, to: &str, token: &Secret<String>) -> Letter {
        let text = self.with_token(
            "reset",
            token,
            "Somebody, we think you, has signed up with this address, which has an account already. If you do not\n\
             know your password any more, set a new one here:",
            "It works once, for one hour. If it was not you, do nothing: nothing has changed.",
        );
        Letter { to: to.to_owned(), kind: "known", subject: "You have an account already".to_owned(), text }
    }

    /// An invitation into a workspace.
    pub fn invitation(
        &self,
        to: &str,
        (workspace, role, by): (&str, &str, &str),
        token: &Secret<String>,
    ) -> Letter {
        let before = format!("{by} invites you into the workspace \"{workspace}\" as {role}. Accept it here:");
        let after = "It works for 7 days, for this address alone. If you do not want to, do nothing.";
        let text = self.with_token("invitation", token, &before, after);
        Letter { to: to.to_owned(), kind: "invitation", subject: format!("Invitation into {workspace}"), text }
    }

    /// Tells that a password was changed.
    pub fn changed(&self, to: &str, at: Timestamp) -> Letter {
        let text = format!(
            "The password of your account at {} was changed at {at}.\n\nEverywhere else you are signed out. If it was \
             not you, ask for a new password at once.\n",
            self.base
        );
        Letter { to: to.to_owned(), kind: "changed", subject: "Your password was changed".to_owned(), text }
    }
}
