//! What a person wants, as a detector tells it.

use std::{convert::Infallible, fmt, future::Future, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{case::named, fault::Fault, ids::BrandId, language::Language, personal::Personal};

named! {
    /// What a person wants.
    Intent "intent" {
        /// Where is my order?
        OrderStatus = "order_status",
        /// I do not want what I ordered.
        CancelOrder = "cancel_order",
        /// I want something else than I ordered.
        ChangeOrder = "change_order",
        /// I want my money back.
        Refund = "refund",
        /// How do I send it back?
        ReturnItem = "return_item",
        /// I want another one for it.
        Exchange = "exchange",
        /// It did not come as it should.
        DeliveryProblem = "delivery_problem",
        /// It came broken, wrong or incomplete.
        DamagedItem = "damaged_item",
        /// It broke after a while.
        Warranty = "warranty",
        /// I need a bill.
        Invoice = "invoice",
        /// I cannot pay, or paid wrongly.
        PaymentProblem = "payment_problem",
        /// I live elsewhere.
        ChangeAddress = "change_address",
        /// I cannot log in.
        AccountAccess = "account_access",
        /// What is it like?
        ProductQuestion = "product_question",
        /// Do you have it?
        Availability = "availability",
        /// How do you deliver?
        ShippingInfo = "shipping_info",
        /// My code, points or gift card.
        Voucher = "voucher",
        /// My plan, membership or newsletter.
        Subscription = "subscription",
        /// When can I come?
        Appointment = "appointment",
        /// When are you open, and where?
        OpeningHours = "opening_hours",
        /// I am not content.
        Complaint = "complaint",
        /// That was good.
        Praise = "praise",
        /// Thank you.
        Thanks = "thanks",
        /// Hello.
        Greeting = "greeting",
        /// I want to talk to a person.
        TalkToPerson = "talk_to_person",
        /// Are you a person?
        AreYouAMachine = "are_you_a_machine",
        /// What do you know about me?
        CopyMyData = "copy_my_data",
        /// Erase what you know about me.
        EraseMyData = "erase_my_data",
        /// Anything else about my data.
        MyData = "my_data",
        /// Do not write to me any more.
        Stop = "stop",
        /// Anything else: a person gets it.
        NoneOfThese = "none_of_these",
    }
}

named! {
    /// What about a message calls a person, whatever else is in it; what weighs most first.
    Trigger "trigger" {
        /// Another machine seems to write: an automatic reply, or a text of our own that came back.
        Machine = "machine",
        /// Somebody may come to harm.
        Safety = "safety",
        /// A lawyer, a court or an authority is named.
        LegalThreat = "legal_threat",
        /// Somebody was robbed by others: a stolen account, a false shop, an unknown debit.
        Fraud = "fraud",
        /// The customer is very angry.
        Anger = "anger",
    }
}

named! {
    /// How somebody feels who wrote a message. It orders the queue of people, and decides nothing else.
    Sentiment "sentiment" {
        /// Angry.
        Angry = "angry",
        /// Sad, disappointed or desperate.
        Sad = "sad",
        /// Neither, or nothing is known.
        Neutral = "neutral",
        /// Pleased or thankful.
        Pleased = "pleased",
    }
}

/// What a detector found in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// What the person wants.
    pub intent: Intent,
    /// How sure the detector is, in thousandths.
    pub confidence_permille: u16,
    /// What else the person may want, the likeliest first, with thousandths.
    pub alternatives: Vec<(Intent, u16)>,
    /// Whether the message says this and nothing else, word by word: there is nothing to judge.
    pub is_whole_message: bool,
    /// The language of the message; none where it could be several.
    pub language: Option<Language>,
    /// What calls a person, whatever the intent.
    pub trigger: Option<Trigger>,
    /// How the person feels.
    pub sentiment: Sentiment,
    /// Whether it cannot wait.
    pub is_urgent: bool,
    /// Which detector said so, with its version, for the decision's record.
    pub detector: &'static str,
}

impl Detection {
    /// An intent, and nothing else.
    pub const fn bare(intent: Intent, confidence_permille: u16, detector: &'static str) -> Self {
        Self {
            intent,
            confidence_permille,
            alternatives: Vec::new(),
            is_whole_message: false,
            language: None,
            trigger: None,
            sentiment: Sentiment::Neutral,
            is_urgent: false,
            detector,
        }
    }
}

/// The texts of the files in `content/intents/<language>` that tell by phrases what somebody wants and feels.
#[derive(Debug, Clone, Copy)]
pub struct Phrases<'a> {
    /// Which language.
    pub language: Language,
    /// `rules.toml`
    pub rules: &'a str,
    /// `moods.toml`
    pub moods: &'a str,
}

/// One message, as a detector is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// To whom the person wrote.
    pub brand: &'a BrandId,
    /// What.
    pub text: &'a Personal<String>,
    /// Whether what is found decides more than an opt-out. If not, the text has no reason to leave the process.
    pub machine_may_answer: bool,
}

/// Tells what a person wants.
pub trait DetectIntent: Send + Sync {
    /// Reads one message; the text never leaves the process unless the implementation says so.
    fn detect(&self, asked: Asked<'_>) -> impl Future<Output = Result<Detection, Fault>> + Send;
}

/// The detector of a host that has none: it cannot be asked.
impl DetectIntent for Infallible {
    async fn detect(&self, _asked: Asked<'_>) -> Result<Detection, Fault> {
        match *self {}
    }
}
