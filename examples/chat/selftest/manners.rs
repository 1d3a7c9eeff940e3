//! The replies to clients that break the protocol, and to the operator.

use std::sync::Arc;

use super::client::Client;
use super::host::Host;
use super::violation::{Checked, ensure};
use super::watch::Watch;
use crate::limits::Limits;
use crate::name;

/// Runs the scenario, one step after the other.
pub(crate) async fn check(watch: &Arc<Watch>) -> Checked {
    let host = Host::start(Limits { connections: 8, ..Limits::patient() })?;
    let ana = Client::join(host.address, "ana").await?;
    let stage = |what: &str| watch.wait_for(format!("what the server says of {what}"), &Arc::default(), 1);
    stage("names that are none, or taken");
    names(&host, &ana).await?;
    stage("lines that cannot be sent, and of others");
    lines(&host, &ana).await?;
    stage("clients that end");
    ends(&host, &ana).await?;
    stage("the operator's commands");
    operator(&host, watch, &ana).await?;
    closing(host, watch, ana).await
}

/// Some texts are no names, some names are taken, and some clients give none.
async fn names(host: &Host, ana: &Client) -> Checked {
    let ben = Client::connect(host.address, "ben").await?;
    for (wrong, answer) in
        [("", "* a name has"), ("b:n", "* ':' cannot"), ("/quit", "* '/' cannot"), ("ana", "* the name")]
    {
        ben.say(wrong).await?;
        ben.expect(answer).await?;
    }
    ben.say("b".repeat(name::LONGEST + 1)).await?;
    ben.expect("* a name has at most").await?;
    ben.say(b"b\xff").await?;
    ben.expect("* not sent: that line is not UTF-8").await?;
    ben.say("ben").await?;
    ben.expect("* welcome, ben").await?;
    ana.expect("* ben has joined").await?;
    ben.say("/quit").await?;
    ben.expect("* bye").await?;
    ben.expect_end().await?;
    ana.expect("* ben has left").await?;
    let short = Client::connect(host.address, "short").await?;
    short.send(b"short").await?; // a last line without an end counts
    drop(short);
    ana.expect("* short has joined").await?;
    ana.expect("* short has left").await?;
    drop(Client::connect(host.address, "nobody").await?);
    let silent = Client::connect(host.address, "silent").await?;
    silent.end()?;
    silent.expect_end().await
}

/// A line that cannot be sent is reported, and one that can be is sent.
async fn lines(host: &Host, ana: &Client) -> Checked {
    let most = Limits::default().line;
    let ben = Client::join(host.address, "ben").await?;
    ana.expect("* ben has joined").await?;
    ben.say(b"\xc3\x28").await?;
    ben.expect("* not sent: that line is not UTF-8").await?;
    ben.say("x".repeat(100 * most)).await?;
    ben.expect("* not sent: a line has at most").await?;
    ben.say("y".repeat(most + 1)).await?;
    ben.expect("* not sent: a line has at most").await?;
    ben.say("/dance").await?;
    ben.expect("* not sent: there is no /dance").await?;
    ben.say("\n\r\n \n/who").await?;
    ben.expect("* here: ana ben").await?;
    ben.say("z".repeat(most)).await?;
    ana.expect(&format!("ben: {}", "z".repeat(most))).await?;
    ben.say("\x1b[2Jone\x07\r").await?;
    ana.expect("ben: \u{fffd}[2Jone\u{fffd}").await?;
    for piece in ["t".as_bytes(), b"w\xc3", b"\xb6", b"\nthree"] {
        ben.send(piece).await?;
        async_io::Timer::after(std::time::Duration::from_millis(2)).await;
    }
    ana.expect("ben: twö").await?;
    ben.say("").await?;
    ana.expect("ben: three").await?;
    ana.say("to all others").await?;
    ben.expect("ana: to all others").await?;
    drop(ben);
    ana.expect("* ben has left").await.map(drop)
}

/// A client that has ended its sending side still hears, and a last line without an end counts.
async fn ends(host: &Host, ana: &Client) -> Checked {
    let ben = Client::join(host.address, "ben").await?;
    ana.expect("* ben has joined").await?;
    ben.send(b"one\n/who\nno end").await?;
    ben.end()?;
    ana.expect("ben: one").await?;
    ana.expect("ben: no end").await?;
    ana.expect("* ben has left").await?;
    ben.expect("* here: ana ben").await?;
    ben.expect_end().await?;
    let all_at_once = Client::connect(host.address, "cleo").await?;
    all_at_once.send(b"cleo\r\nhello\r\n/quit\r\nafter").await?;
    all_at_once.end()?;
    for expected in ["* cleo has joined", "cleo: hello", "* cleo has left"] {
        ana.expect(expected).await?;
    }
    all_at_once.expect("* welcome, cleo").await?;
    all_at_once.expect("* bye").await?;
    all_at_once.expect_end().await
}

/// The operator lists, says and cancels.
async fn operator(host: &Host, watch: &Watch, ana: &Client) -> Checked {
    let ben = Client::join(host.address, "ben").await?;
    ana.expect("* ben has joined").await?;
    host.settle(watch, 2).await;
    let guests = host.who(watch).await?;
    let ids: Vec<&str> = guests.iter().filter(|(_id, name)| name == "ben").map(|(id, _name)| &**id).collect();
    let [id] = ids[..] else { return ensure(false, || format!("`who` should show ben once, not {guests:?}")) };
    for word in [id, "connection", "doorman", "operator"] {
        host.expect("tasks", word)?;
    }
    host.expect("cancel ben", "is not an id")?;
    host.expect("cancel", "cancel what?")?;
    host.expect("cancel 0xffffff", "there is no task 0xffffff")?;
    host.expect("dance", "there is no command")?;
    host.expect("help", "cancel ID")?;
    host.expect("say to ana and ben", "")?;
    ana.expect("* server: to ana and ben").await?;
    ben.expect("* server: to ana and ben").await?;
    host.expect(&format!("cancel {id}"), "cancelled")?;
    ben.expect_end().await?;
    ana.expect("* ben has left").await?;
    host.settle(watch, 1).await;
    host.expect(&format!("cancel {id}"), &format!("there is no task {id}"))
}

/// A client that is connected when the server ends is told so.
async fn closing(host: Host, watch: &Watch, ana: Client) -> Checked {
    let nameless = Client::connect(host.address, "nameless").await?;
    host.settle(watch, 2).await;
    host.type_line("quit");
    watch.wait_for("clients that hear that the server is closing", &Arc::default(), 2);
    for client in [&ana, &nameless] {
        client.expect("* the server is closing").await?;
        client.expect_end().await?;
    }
    drop((ana, nameless)); // the server waits for that
    let ending = host.end(watch).await?;
    ensure(ending.tally.refused.get() == 0, || "a client was refused, and there was room for all")
}
