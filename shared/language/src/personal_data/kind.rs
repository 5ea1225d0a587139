//! What personal data there is to find.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of personal data, by the field's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalDataKind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a credit or debit card.
    PaymentCard,
    /// The number of a bank account.
    Iban,
    /// The code of a bank, where it tells whose account it is.
    Bic,
    /// An address on the internet, of version 4 or 6.
    IpAddress,
    /// An address of a network card.
    MacAddress,
    /// A link that opens a door: it holds a password, a token or a key.
    UrlWithCredentials,
    /// The number by which a country knows a person: for tax, insurance, health or in itself.
    NationalId,
    /// The number of a passport.
    Passport,
    /// The number of a driving licence.
    DrivingLicence,
    /// The day on which a person was born.
    DateOfBirth,
    /// Where a person lives.
    PostalAddress,
}

impl PersonalDataKind {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::Email,
        Self::Phone,
        Self::PaymentCard,
        Self::Iban,
        Self::Bic,
        Self::IpAddress,
        Self::MacAddress,
        Self::UrlWithCredentials,
        Self::NationalId,
        Self::Passport,
        Self::DrivingLicence,
        Self::DateOfBirth,
        Self::PostalAddress,
    ];

    /// Its name in records and in redacted texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::PaymentCard => "payment_card",
            Self::Iban => "iban",
            Self::Bic => "bic",
            Self::IpAddress => "ip_address",
            Self::MacAddress => "mac_address",
            Self::UrlWithCredentials => "url_with_credentials",
            Self::NationalId => "national_id",
            Self::Passport => "passport",
            Self::DrivingLicence => "driving_licence",
            Self::DateOfBirth => "date_of_birth",
            Self::PostalAddress => "postal_address",
        }
    }
}

impl fmt::Display for PersonalDataKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
