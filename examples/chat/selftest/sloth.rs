//! A client that does not read is dropped, with a message, and slows no other client.

use std::sync::Arc;
use std::time::Instant;

use super::client::{Client, Sound};
use super::gate::Gate;
use super::host::Host;
use super::measured::Measured;
use super::speech::speech;
use super::violation::{Checked, Violation, ensure};
use super::watch::Watch;
use crate::limits::Limits;
use crate::notice::Notice;

const TALKER: usize = 0;

/// A window of lines must fit in an outbox, so that a client that reads is not dropped.
const WINDOW: usize = 256;
const OUTBOX: usize = 64 * 1024;

/// The system buffers no more than this for a connection.
const MOST: usize = 1 << 20;

/// Runs the scenario: the talker goes on when the listener has heard a window, and the sloth reads nothing until it is
/// dropped.
pub(crate) async fn check(watch: &Arc<Watch>, measured: &mut Measured) -> Checked {
    let limits = Limits { outbox: OUTBOX, connections: 3, ..Limits::patient() };
    let host = Host::start(limits)?;
    host.settle(watch, 0).await;
    let talker = Client::join(host.address, "talker").await?;
    let listener = Client::join(host.address, "listener").await?;
    let sloth = Client::join(host.address, "sloth").await?;
    for client in [&talker, &talker, &listener] {
        client.expect("* ").await?; // that the others have joined
    }
    let begun = Instant::now();
    let windows = Gate::default();
    watch.wait_for("windows of lines until a client that reads none is dropped", windows.arrived(), MOST / WINDOW);
    let mut said = 0;
    let mut dropped = false;
    while !dropped {
        ensure(said < MOST, || format!("{said} lines were said, and a client that reads none is still there"))?;
        let window: String = (said..said + WINDOW).map(|line| format!("{}\n", speech(TALKER, line))).collect();
        talker.send(window.as_bytes()).await?;
        let mut heard = 0;
        while heard < WINDOW {
            let line = listener.line().await?;
            if line == "* sloth has left" {
                dropped = true;
                continue;
            }
            ensure(line == format!("talker: {}", speech(TALKER, said + heard)), || {
                format!("the listener should have heard line {}, not {line:?}", said + heard)
            })?;
            heard += 1;
        }
        said += WINDOW;
        windows.arrive();
    }
    measured.number("lines until a client that did not read was disconnected", said);
    measured.duration("until then", begun.elapsed());
    watch.wait_for("what a dropped client hears late, and the others' leaving", &Arc::default(), 1);
    hear_late(&sloth, said).await?;
    talker.expect("* sloth has left").await?;
    talker.say("/quit").await?;
    talker.expect("* bye").await?;
    talker.expect_end().await?;
    listener.expect("* talker has left").await?;
    drop((talker, listener, sloth)); // the server waits for that
    host.settle(watch, 0).await;
    let ending = host.end(watch).await?;
    ensure(ending.tally.slow.get() == 1, || "one client was too slow, and the server has counted otherwise")
}

/// The client gets everything that was said first, then the message and the end.
async fn hear_late(sloth: &Client, said: usize) -> Checked {
    for line in 0.. {
        match sloth.hear().await? {
            Sound::Line(text) if text == format!("talker: {}", speech(TALKER, line)) => {}
            Sound::Line(text) if text == Notice::TooSlow.to_string() => {
                ensure(line < said, || "a client was dropped that has heard all")?;
                break;
            }
            sound => return Err(Violation(format!("the slow client should have heard line {line}, not {sound:?}"))),
        }
    }
    sloth.expect_end().await
}
