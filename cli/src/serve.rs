//! `forthright serve`: every function in one process.
//!
//! Without a brand file it is a demo: stand-ins play the platforms, secrets are made at the first start. With
//! one it is a small production host: real platforms, secrets from the environment, and no start without
//! them.

mod demo;
mod intake;
mod places;
mod scrub;
mod site;
mod workers;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use forthright_core::{Accounts, Handle, Source};
use forthright_egress::{AllowedHost, Egress};
use forthright_embedded::{Lanes, SqliteTable};
use forthright_intent::Engines;
use forthright_language::Detector;
use forthright_policy::Served;
use forthright_steward::Tick;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    Problem,
    args::Serve,
    bundle::{Bundle, Parts},
    control::Control,
    host,
    place::{self, LocalVault},
    secrets,
};

/// How many hints a lane holds; more are dropped, and found by the steward.
const LANE_HINTS: usize = 16_384;

/// The functions on this machine.
pub(crate) type Local = Bundle<Arc<SqliteTable>, Arc<LocalVault>, Egress, Arc<Lanes>>;

/// Serves until the process is asked to end.
pub(crate) async fn run(serve: &Serve) -> Result<(), Problem> {
    let asked_to_end = asked_to_end()?;
    let local = place::open(&serve.place.data).await?;
    let (book, brand) = place::content(&serve.place, serve.content.as_deref())?;
    let served = book.brand(&brand).ok_or("the brand is gone")?.clone();
    let listener = listen(serve.listen).await?;
    let address = listener.local_addr()?;

    let is_demo = serve.place.brand.is_none();
    let (source, demo) = if is_demo {
        let names = served.secret_names();
        let source = secrets::demo(&serve.place.data, &names, &host::entropy())?;
        (source, Some(TcpListener::bind("127.0.0.1:0").await?))
    } else {
        (host::environment(), None)
    };
    let served = match &demo {
        Some(platform) => demo::with_stand_ins(served, platform.local_addr()?)?,
        None => served,
    };
    let voice = demo::Voice::of(&served);
    let Served { book, accounts } = Served::of(book, served.accounts(&source)?)?;
    let operator_token = source.secret(secrets::OPERATOR_TOKEN)?;
    let egress = Egress::new(allowed(&accounts, demo.is_some().then_some(address))?)?;

    let (lanes, receivers) = Lanes::new(LANE_HINTS);
    let parts = Parts {
        engines: Engines::embedded(&book, Detector::new(book.phrases())?)?,
        book,
        accounts: accounts.clone(),
        operator_token: operator_token.clone(),
        public_url: public_url(serve, &source, address)?,
        exchange: egress.clone(),
        queue: Arc::new(lanes),
        clock: host::clock(),
    };
    let bundle: Arc<Local> = Arc::new(Bundle::new(|_, _| Arc::clone(&local.stores), parts));

    let (stop, stopping) = watch::channel(false);
    let working = workers::start(&bundle, receivers, &stopping);
    if let Err(fault) = bundle.steward.handle(Tick::Resume).await {
        tracing::error!(error = %fault, "the steward could not look around; it tries again");
    }
    let platforms = match demo {
        Some(listener) => {
            Some(demo::Platforms::start(listener, &accounts, &egress, address, &stopping)?)
        }
        None => None,
    };
    let pages = platforms.clone().and_then(|platforms| {
        let held = (&bundle, &local.stores);
        demo::Demo::new(address, voice, operator_token, platforms, held)
    });
    let control = Control::open(&serve.place.data)
        .map_err(|error| format!("the tools' socket cannot be made: {error}"))?;
    let control = control.serve(local.clone(), stopping.clone());
    let scrubs = scrub::run(Arc::clone(&local.table), stopping.clone());
    announce(serve, address, platforms.as_deref(), pages.is_some())?;
    let site =
        async { tokio::join!(site::serve(listener, bundle, pages, stopping), control, scrubs).0 };
    tokio::pin!(site);
    tokio::select! {
        outcome = &mut site => return outcome,
        () = local.table.failed() => return Err(DISK_FAILED.into()),
        () = asked_to_end => tracing::info!("ending: no new work, what is under way comes to its end"),
    }
    // First nobody brings work any more, then what was begun is ended; the rest waits in the store.
    stop.send_replace(true);
    site.await?;
    working.await;
    Ok(())
}

/// Going on would acknowledge what may not be on the disk; a start reads back what is.
const DISK_FAILED: &str = "the disk failed: nothing was acknowledged since, and nothing that was is lost; \
     see what the log says, mend the disk, and start again";

async fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another with --listen").into()
    })
}

/// The hosts that may be called: those of the accounts, and in the demo this very server, to which the
/// stand-in delivers.
fn allowed(accounts: &Accounts, own: Option<SocketAddr>) -> Result<Vec<AllowedHost>, Problem> {
    let bases = accounts.iter().map(|account| account.api_base.clone());
    let own = own.map(|address| format!("http://{address}"));
    let hosts: Result<Vec<_>, _> =
        bases.chain(own).map(|base| AllowedHost::from_api_base(&base)).collect();
    Ok(hosts?)
}

/// Where people reach the status pages.
fn public_url(serve: &Serve, source: &Source, address: SocketAddr) -> Result<String, Problem> {
    let given = serve.public_url.clone().or_else(|| source.optional("FORTHRIGHT_PUBLIC_URL"));
    let url = given.unwrap_or_else(|| format!("http://{address}"));
    let url = url.trim_end_matches('/').to_owned();
    if url.starts_with("https://") || url.starts_with("http://127.0.0.1") {
        return Ok(url);
    }
    Err("the public URL must begin with https://".into())
}

fn announce(
    serve: &Serve,
    address: SocketAddr,
    platforms: Option<&demo::Platforms>,
    has_pages: bool,
) -> Result<(), Problem> {
    let data = serve.place.data.display();
    let Some(curl) = platforms.and_then(demo::Platforms::signed_curl) else {
        return host::say(&format!("forthright serves on http://{address}, state in {data}"));
    };
    let pages = if has_pages {
        format!(
            "Chat as a customer:  http://{address}/\nAnswer as a person:  http://{address}/agent"
        )
    } else {
        "The pages are served on this machine only: start with --listen 127.0.0.1:8080".to_owned()
    };
    host::say(&format!(
        "forthright serves a demo brand; its state is in {data}\n\n\
         {pages}\n\
         Cases for programs:  curl -sH \"Authorization: Bearer $(cat {data}/{token})\" http://{address}/api/cases\n\n\
         Or send a signed message yourself (within 15 minutes: later ones go to a person), then look at the page:\n\n\
         {curl}\n\n\
         Ctrl+C ends it.",
        token = secrets::TOKEN_FILE
    ))
}

/// Ends when the process is to end.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that nobody can ask any more, which is an end too.
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Ends when the process is asked to end. From the call on, not only from when it is awaited: a signal that
/// comes during the start must not cut it off.
fn asked_to_end() -> Result<impl Future<Output = ()>, Problem> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// How long the end may take: longer than a call to a platform.
pub(crate) const END_WAIT: Duration = Duration::from_secs(12);
