//! The table on DynamoDB, against an emulator in this process.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use dynoxide::Database;
use forthright_aws::DynamoDb;
use forthright_core::table::Index;
use forthright_testkit::conformance;
use tokio::{net::TcpListener, sync::oneshot};

/// AWS at an address on this machine.
pub(crate) fn emulated(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::for_tests();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// The setting that names an emulator to test with instead of the one in this process.
const ELSEWHERE: &str = "FORTHRIGHT_DYNAMODB";

/// An emulator, which ends when this is dropped if it is ours.
pub(crate) struct Emulator {
    config: SdkConfig,
    _end: Option<oneshot::Sender<()>>,
}

impl Emulator {
    #[expect(clippy::disallowed_methods, reason = "a server beside the test, which ends with it")]
    pub(crate) async fn start() -> Self {
        if let Ok(endpoint) = std::env::var(ELSEWHERE) {
            return Self { config: emulated(&endpoint), _end: None };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let database = Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            ended.await.unwrap_or_default();
        }));
        Self { config: emulated(&format!("http://{address}")), _end: Some(end) }
    }

    /// Two new tables with the names that begin with `prefix`, as `infra/` makes them.
    pub(crate) async fn tables(&self, prefix: &str) -> DynamoDb {
        let client = Client::new(&self.config);
        let (data, keys) = (format!("{prefix}-data"), format!("{prefix}-keys"));
        create(&client, &data, &[Index::Due, Index::Listing]).await;
        create(&client, &keys, &[]).await;
        DynamoDb::new(client, data, keys)
    }
}

async fn create(client: &Client, name: &str, indexes: &[Index]) {
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let mut call = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .attribute_definitions(attribute("sk", ScalarAttributeType::S))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range));
    for index in indexes {
        let (entry, time) = index.attributes();
        call = call
            .attribute_definitions(attribute(entry.name(), ScalarAttributeType::S))
            .attribute_definitions(attribute(time.name(), ScalarAttributeType::N))
            .global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(entry.name())
                    .key_schema(key(entry.name(), KeyType::Hash))
                    .key_schema(key(time.name(), KeyType::Range))
                    .projection(
                        Projection::builder().projection_type(ProjectionType::KeysOnly).build(),
                    )
                    .build()
                    .unwrap(),
            );
    }
    call.send().await.unwrap();
}

#[tokio::test]
async fn it_is_a_table() {
    let emulator = Emulator::start().await;
    let next = AtomicU32::new(0);
    let fresh = async || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        emulator.tables(&format!("conformance-{}-{number}", std::process::id())).await
    };
    conformance::all(fresh).await;
}
