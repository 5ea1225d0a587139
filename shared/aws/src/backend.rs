//! Where the AWS back ends belong. This build has none, and says so at the start.
//!
//! The types are there so that the function binaries are wired and checked as they will run. They hold
//! [`Infallible`]: no value of them can be made, so no call can ever be answered wrongly. A function that
//! is deployed from this build reads and checks its settings, then refuses to start.

use std::{convert::Infallible, sync::Arc, time::Duration};

use forthright_core::{
    BrandId, BrandKeys, Fault, Hint, Queue, Source, Table, Vault,
    ledger::Stores,
    table::{Item, Kept, Key, Page, Query, TableFault, Write, WriteFault, WriteToken},
};

use crate::boot::{clock, entropy};

/// The table on DynamoDB. No value of it can be made in this build.
#[derive(Debug, Clone)]
pub struct DynamoDb(Infallible);

/// The keys' vault on KMS. No value of it can be made in this build.
#[derive(Debug, Clone)]
pub struct Kms(Infallible);

/// The queues on SQS. No value of it can be made in this build.
#[derive(Debug, Clone)]
pub struct Sqs(Infallible);

/// What a function on AWS keeps its things in.
#[derive(Debug, Clone)]
pub struct Backends {
    /// Everything durable.
    pub table: DynamoDb,
    /// The brands' root keys.
    pub vault: Kms,
    /// Hints to other functions.
    pub queue: Sqs,
}

impl Backends {
    /// What ledgers stand on, with the system's time and randomness, and where hints go.
    pub fn into_ports(self) -> (Arc<Stores<DynamoDb, Kms>>, Sqs) {
        // No subject's key outlives the call that needed it: another instance may destroy it at any time.
        let keep_keys = Duration::ZERO;
        (Stores::new(self.table, self.vault, clock(), entropy(), keep_keys), self.queue)
    }
}

/// The build has no AWS back end.
#[derive(Debug, thiserror::Error)]
#[error(
    "this build has no AWS back end; run `forthright serve`, or wait for the release that brings \
     DynamoDB, SQS and KMS"
)]
pub struct BackendMissing;

/// Connects to the back ends that `source` names: in this build always [`BackendMissing`].
pub async fn connect(_source: &Source) -> Result<Backends, BackendMissing> {
    Err(BackendMissing)
}

impl Table for DynamoDb {
    async fn get_many(&self, _keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        match self.0 {}
    }

    async fn query(&self, _query: &Query) -> Result<Page, TableFault> {
        match self.0 {}
    }

    async fn write(
        &self,
        _token: WriteToken,
        _writes: Vec<Write>,
        _kept: Kept,
    ) -> Result<(), WriteFault> {
        match self.0 {}
    }
}

impl Vault for Kms {
    async fn brand(&self, _brand: &BrandId) -> Result<Arc<BrandKeys>, Fault> {
        match self.0 {}
    }
}

impl Queue for Sqs {
    async fn send(&self, _hint: Hint) -> Result<(), Fault> {
        match self.0 {}
    }
}
