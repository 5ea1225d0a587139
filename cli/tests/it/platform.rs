//! The platform that takes the replies: the testkit's stand-in behind an address of this machine.

use std::{
    collections::HashSet,
    future::ready,
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use forthright_core::{
    Channel, Clock, Secret, Time,
    http::{Request, Response},
};
use forthright_testkit::standin::{Customer, Incoming, StandIn, StandInAccount};

use crate::wire::{self, Connection, Message};

/// The account that people write to.
pub(crate) const ACCOUNT: &str = "310000000000002";
/// What signs deliveries.
pub(crate) const APP_SECRET: &str = "app-secret-of-no-account";
/// What replies must bear.
pub(crate) const ACCESS_TOKEN: &str = "access-token-of-no-account";

/// A reply that the platform took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The id that the platform gave it.
    pub(crate) id: String,
    pub(crate) to: String,
    /// The field that names what it answers.
    pub(crate) opaque: String,
}

impl Taken {
    /// What it answers or is, whatever attempt it was: two with the same are one message sent twice.
    pub(crate) fn task(&self) -> String {
        self.opaque.split('.').take(4).collect::<Vec<_>>().join(".")
    }
}

/// The platform.
#[derive(Debug)]
pub(crate) struct Platform {
    stand_in: StandIn,
    taken: Mutex<Vec<Taken>>,
    /// How long a call takes, in microseconds.
    delay: AtomicU64,
    address: SocketAddr,
}

impl Platform {
    /// Listens as long as this process runs.
    pub(crate) fn start() -> Arc<Self> {
        let account = StandInAccount {
            channel: Channel::WhatsApp,
            id: ACCOUNT.to_owned(),
            api_version: "v25.0".to_owned(),
            app_secret: Secret::from(APP_SECRET),
            access_token: Secret::from(ACCESS_TOKEN),
        };
        let clock = Clock::new(|| Time::from_seconds(now_seconds()), |_| ready(()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let platform = Arc::new(Self {
            stand_in: StandIn::new(account, clock),
            taken: Mutex::default(),
            delay: AtomicU64::new(0),
            address: listener.local_addr().unwrap(),
        });
        let serving = Arc::clone(&platform);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let serving = Arc::clone(&serving);
                // A server that was killed breaks its connections.
                thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        platform
    }

    /// Lets every call take so long.
    pub(crate) fn slow_down(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_micros()).unwrap(), Ordering::Relaxed);
    }

    /// Where the API is.
    pub(crate) fn api_base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut connection = Connection::over(stream)?;
        while let Some(message) = connection.read()? {
            let delay = Duration::from_micros(self.delay.load(Ordering::Relaxed));
            if !delay.is_zero() {
                thread::sleep(delay);
            }
            let response = self.answer(&message);
            let head = format!(
                "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                response.status(),
                response.body().len()
            );
            connection.write(&[head.as_bytes(), response.body()].concat())?;
        }
        Ok(())
    }

    fn answer(&self, message: &Message) -> Response {
        let mut line = message.start.split(' ');
        let mut request =
            http::Request::builder().method(line.next().unwrap()).uri(line.next().unwrap());
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let request: Request = request.body(message.body.clone().into()).unwrap();
        let response = self.stand_in.receive(&request);
        assert_eq!(response.status(), 200, "the platform refused a reply");
        let sent: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let told: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        self.taken.lock().unwrap().push(Taken {
            id: text(&told["messages"][0]["id"]),
            to: text(sent.get("to").unwrap_or(&sent["recipient"])),
            opaque: text(&sent["biz_opaque_callback_data"]),
        });
        response
    }

    /// Every reply that was taken.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// How many replies went to this person.
    pub(crate) fn taken_by(&self, person: &Person) -> usize {
        let ids = [&person.phone, &person.user_id];
        let is_theirs = |taken: &&Taken| ids.iter().any(|id| id.as_ref() == Some(&taken.to));
        self.taken.lock().unwrap().iter().filter(is_theirs).count()
    }

    /// Fails if a message was sent twice.
    pub(crate) fn assert_nothing_came_twice(&self) {
        let mut seen = HashSet::new();
        let twice = self.taken().iter().filter(|taken| !seen.insert(taken.task())).count();
        assert_eq!(twice, 0, "messages were sent twice");
    }

    /// A signed webhook with a body of one's own making.
    pub(crate) fn deliver_body(&self, body: Vec<u8>) -> Request {
        self.stand_in.deliver_body(body.into())
    }

    /// A signed webhook with one text, as it goes over the wire.
    pub(crate) fn webhook(&self, from: &Person, text: &str, id: &str, at: i64) -> Vec<u8> {
        let message =
            Incoming { from: from.customer(), text: text.into(), id: id.into(), at_seconds: at };
        wire::delivery(&self.stand_in.deliver(&[message]))
    }
}

/// A person who writes.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// None if the person hides it.
    pub(crate) phone: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) name: String,
}

impl Person {
    /// The person with this number, which the digits of a phone number end with.
    pub(crate) fn numbered(number: usize) -> Self {
        Self {
            phone: Some(format!("4915550{number:07}")),
            user_id: None,
            name: format!("CANARY {number}"),
        }
    }

    /// An id under which the platform knows the person.
    pub(crate) fn id(&self) -> &str {
        self.phone.as_deref().or(self.user_id.as_deref()).unwrap()
    }

    fn customer(&self) -> Customer {
        Customer::on_whatsapp(self.phone.as_deref(), self.user_id.as_deref(), &self.name)
    }
}

/// The time in the platform's resolution.
pub(crate) fn now_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
