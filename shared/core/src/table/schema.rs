//! Every attribute that a row can have, and how long what it holds may be kept.

/// How long an attribute may be kept, and what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// With the subject: sealed under the subject's key, gone with an erasure.
    Subject,
    /// With the row that it describes: enums, times, pseudonyms without content, and who of the brand's people has it.
    Row,
    /// While the subject's pseudonym is needed to keep an erasure or an opt-out true:
    /// at least 43 days after an erasure, for ever while suppressed.
    Gate,
    /// With the key: overwritten when the subject is erased.
    Key,
    /// As long as the brand is served.
    Brand,
}

/// Declares the attributes. One without a retention class does not match, so it does not compile.
macro_rules! attributes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal $column:literal $retention:ident;)*) => {
        /// An attribute of a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Attribute {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The attribute's stored number. Never changes, never comes back after a removal.
            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)* }
            }

            /// The attribute with this number.
            pub const fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }

            /// The attribute with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($column => Some(Self::$name),)* _ => None }
            }

            /// The attribute's name, in DynamoDB and in sealed values.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $column,)* }
            }

            /// How long it may be kept.
            pub const fn retention(self) -> Retention {
                match self { $(Self::$name => Retention::$retention,)* }
            }
        }
    };
}

attributes! {
    /// What a person wrote and who they are, sealed.
    Sealed = 1 "sealed" Subject;
    /// What was answered, sealed.
    SealedReply = 2 "sealed_reply" Subject;
    /// The platform's id of what was answered, sealed.
    SealedReceipt = 3 "sealed_receipt" Subject;
    /// The state of a message, a case or a request.
    State = 10 "state" Row;
    /// The entry of the index of due work: `due#00` to `due#15`.
    Due = 11 "due" Row;
    /// When the work is due.
    DueAt = 12 "due_at" Row;
    /// The entry of the index that people look through.
    Listing = 13 "listing" Row;
    /// Its order there.
    ListingAt = 14 "listing_at" Row;
    /// Whose row it is.
    Brand = 15 "brand" Row;
    /// On which platform.
    Channel = 16 "channel" Row;
    /// Which account there.
    Account = 17 "account" Row;
    /// The subject's pseudonym.
    Pid = 18 "pid" Row;
    /// The subject's epoch.
    Epoch = 19 "epoch" Row;
    /// What kind of message, case or request.
    Kind = 20 "kind" Row;
    /// The platform's time of a message.
    PlatformAt = 21 "platform_at" Row;
    /// Our time of taking it in, or of opening a case or a request.
    ReceivedAt = 22 "received_at" Row;
    /// The decision: closed enums, scores, ids of templates and rule sets.
    Decision = 23 "decision" Row;
    /// Why a row is in its state: a closed enum.
    Reason = 24 "reason" Row;
    /// How often sending was tried.
    Attempt = 25 "attempt" Row;
    /// Not claimed before this time.
    NotBefore = 26 "not_before" Row;
    /// Until when the claim is its holder's.
    LeaseUntil = 27 "lease_until" Row;
    /// A keyed hash of the text that was sent.
    TextHash = 29 "text_hash" Row;
    /// Which disclosure the sent text carries.
    Disclosure = 30 "disclosure" Row;
    /// The template and its version.
    Template = 31 "template" Row;
    /// The case that a row belongs to.
    Case = 32 "case" Row;
    /// The request that a row belongs to.
    Request = 33 "request" Row;
    /// Who did it: machine, an agent by a keyed hash, privacy.
    Actor = 34 "actor" Row;
    /// Until when a case should be answered.
    SlaAt = 35 "sla_at" Row;
    /// How urgent a case is.
    Priority = 36 "priority" Row;
    /// When a row came to its end.
    EndedAt = 37 "ended_at" Row;
    /// What an erasure removed so far: numbers.
    Erased = 38 "erased" Row;
    /// A remark on a terminal state: proof of delivery that came late.
    Remark = 39 "remark" Row;
    /// The length of an unreadable body, in bytes.
    BodyBytes = 40 "body_bytes" Row;
    /// Where an unreadable body stopped making sense, in bytes.
    Offset = 41 "offset" Row;
    /// The final notice that goes out before an erasure.
    Notice = 42 "notice" Row;
    /// The digest of the rules and texts that were in force when a message was claimed.
    Ruleset = 43 "ruleset" Row;
    /// The version of the gate that a claim checked.
    GateVersion = 44 "gate_version" Row;
    /// The platform's time of the newest change of a message's words.
    EditedAt = 45 "edited_at" Row;
    /// Before which time a message cannot have been written, if only changes of it ever came.
    NotWrittenBefore = 46 "not_written_before" Row;
    /// The name under which one of the brand's people has a case; gone when nobody has it any more.
    Assignee = 47 "assignee" Row;
    /// The call that moved a case last, by a random number or a keyed hash: whoever made it knows it again.
    MovedBy = 48 "moved_by" Row;
    /// The language of a text that we send.
    Language = 49 "language" Row;
    /// Before which platform time everything is erased.
    ErasedAt = 50 "erased_at" Gate;
    /// Since when the subject wants no messages.
    SuppressedAt = 51 "suppressed_at" Gate;
    /// The message that opted out, so that its one confirmation may go.
    SuppressedBy = 52 "suppressed_by" Gate;
    /// The case whose person holds the conversation.
    HeldBy = 53 "held_by" Gate;
    /// Whether that person has spoken.
    Spoke = 54 "spoke" Gate;
    /// When a person handed the conversation back.
    HandedBackAt = 55 "handed_back_at" Gate;
    /// Since when processing is restricted (GDPR art. 18).
    RestrictedAt = 56 "restricted_at" Gate;
    /// The platform time of the person's newest message: the window is counted from it.
    WindowFrom = 57 "window_from" Gate;
    /// The newest platform time seen of the subject.
    NewestAt = 58 "newest_at" Gate;
    /// When the person last saw a disclosure.
    DisclosedAt = 59 "disclosed_at" Gate;
    /// Whether other subjects were proven to be the same person.
    Twins = 60 "twins" Gate;
    /// The version of the gate that noted the last hand-back.
    HandedBackVersion = 61 "handed_back_version" Gate;
    /// What a code confirms that the person was asked for.
    ChallengeKind = 62 "challenge_kind" Gate;
    /// The message that asked for it.
    ChallengeBy = 63 "challenge_by" Gate;
    /// Since when it holds.
    ChallengeAt = 64 "challenge_at" Gate;
    /// How many wrong codes came.
    ChallengeTries = 65 "challenge_tries" Gate;
    /// How often the person has written in a row.
    Turns = 66 "turns" Gate;
    /// The language in which a code was told.
    ChallengeLanguage = 67 "challenge_language" Gate;
    /// Whether the machine may answer for the brand at all.
    Automation = 70 "automation" Brand;
    /// Templates that are withdrawn.
    Withdrawn = 71 "withdrawn" Brand;
    /// The fingerprints of the access tokens that platforms refused, by account.
    Refused = 72 "refused" Brand;
    /// When the data was last put back from a copy.
    RestoredAt = 73 "restored_at" Brand;
    /// A key, wrapped under the one above it.
    Wrapped = 80 "wrapped" Key;
    /// The short name of a key.
    KeyId = 81 "key_id" Key;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_found_again() {
        let codes: BTreeSet<_> = Attribute::ALL.iter().map(|attribute| attribute.code()).collect();
        let names: BTreeSet<_> = Attribute::ALL.iter().map(|attribute| attribute.name()).collect();
        assert_eq!((codes.len(), names.len()), (Attribute::ALL.len(), Attribute::ALL.len()));
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::from_code(attribute.code()), Some(*attribute));
            assert_eq!(Attribute::from_name(attribute.name()), Some(*attribute));
        }
    }

    #[test]
    fn whatever_is_sealed_goes_with_the_subject_and_nothing_else_does() {
        for attribute in Attribute::ALL {
            let sealed = attribute.name().starts_with("sealed");
            assert_eq!(attribute.retention() == Retention::Subject, sealed, "{attribute:?}");
        }
    }
}
