//! Downloads by HTTP: resumed where they broke off, and named only after their checksum is right.

use super::disk::{self, Checksum, DiskError};
use crate::progress::Progress;
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

/// How often a download is started again, as long as it makes progress.
const ATTEMPTS: usize = 5;
/// Bytes of one read.
const CHUNK: usize = 1 << 16;

/// How long to wait for a server.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For each of: resolving its name, connecting, its first reply.
    pub connect: Duration,
    /// Between one piece of data and the next.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), stall: Duration::from_secs(30) }
    }
}

/// Downloads `url` to `target`, which appears only when it has the right checksum.
///
/// Until then the bytes are in `target` with `.part` appended to its name, where a later call continues.
///
/// # Errors
/// When the server cannot be reached, answers with an error, stalls, or sends another file; [`DiskError`] when the
/// folder cannot be written.
pub fn download(url: &str, target: &Path, checksum: Checksum, patience: Patience, progress: Progress) -> Result<()> {
    let part = &part_of(target);
    let mut attempt = 1;
    loop {
        let before = disk::length(part);
        let error = match transfer(url, part, patience, progress) {
            Ok(()) => match checksum.check(part) {
                Ok(()) => return disk::publish(part, target),
                Err(error) => {
                    remove(part)?;
                    // The part may be of an older or another file, so try once from the beginning.
                    if before == 0 {
                        return Err(error.context(format!("{url} is not the file that was expected")));
                    }
                    error
                }
            },
            Err(error) if error.is::<DiskError>() || disk::length(part) <= before => return Err(error),
            Err(error) => error,
        };
        if attempt == ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        progress.say(format_args!("{error:#}; trying again from byte {}", disk::length(part)));
    }
}

/// Where the bytes of `target` are until it is whole.
fn part_of(target: &Path) -> PathBuf {
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

fn remove(part: &Path) -> Result<()> {
    fs::remove_file(part).map_err(|cause| DiskError::new(part.parent().unwrap_or(part), cause).into())
}

/// What a server sends.
enum Event {
    /// Data will come from `offset` of the file on, up to `total`.
    Start { offset: u64, total: Option<u64> },
    /// The next bytes.
    Data(Vec<u8>),
    /// There is no more.
    End,
}

/// Appends the missing bytes to `part`.
fn transfer(url: &str, part: &Path, patience: Patience, progress: Progress) -> Result<()> {
    let disk_error = |cause| DiskError::new(part.parent().unwrap_or(part), cause);
    let events = request(url, disk::length(part), patience);
    let context = || format!("{url} cannot be downloaded");
    let Event::Start { offset, total } = next(&events, patience).with_context(context)? else {
        return Ok(());
    };
    let mut file = open(part, offset).map_err(disk_error)?;
    let mut bar = progress.bytes(&format!("downloading {url}"), offset, total);
    let mut position = offset;
    while let Event::Data(bytes) = next(&events, patience).with_context(context)? {
        file.write_all(&bytes).map_err(disk_error)?;
        position += bytes.len() as u64;
        bar.set(position);
    }
    let size = total.unwrap_or(position);
    ensure!(position == size, "{url} was cut off at {position} of {size} bytes");
    Ok(())
}

/// Opens `part` for writing from `offset` on, and cuts off what is after it.
fn open(part: &Path, offset: u64) -> io::Result<File> {
    let mut file = File::options().create(true).write(true).truncate(false).open(part)?;
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

fn next(events: &Receiver<Result<Event>>, patience: Patience) -> Result<Event> {
    match events.recv_timeout(patience.stall) {
        Ok(event) => event,
        Err(RecvTimeoutError::Timeout) => bail!("the server has sent nothing for {:?}", patience.stall),
        Err(RecvTimeoutError::Disconnected) => bail!("the connection has ended too early"),
    }
}

/// Asks for the file from `offset` on, in a thread, so that a read that blocks for ever does not block the caller.
fn request(url: &str, offset: u64, patience: Patience) -> Receiver<Result<Event>> {
    let (sender, events) = sync_channel(16);
    let url = url.to_owned();
    let failed = sender.clone();
    let thread = thread::Builder::new().spawn(move || {
        let last = send_all(&url, offset, patience, &sender).map(|()| Event::End);
        // Sending fails when the caller has given up.
        let _ = sender.send(last);
    });
    if let Err(error) = thread {
        let _ = failed.send(Err(error).context("no thread can be started for the download"));
    }
    events
}

fn send_all(url: &str, offset: u64, patience: Patience, sender: &SyncSender<Result<Event>>) -> Result<()> {
    let agent: Agent = Agent::config_builder()
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.connect))
        .build()
        .into();
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if offset > 0 {
        request = request.header(header::RANGE, format!("bytes={offset}-"));
    }
    let response = match request.call() {
        // Nothing follows `offset`; the checksum shows whether the part is the whole file.
        Err(ureq::Error::StatusCode(416)) if offset > 0 => return Ok(()),
        response => response?,
    };
    let (offset, total) = range(&response, offset)?;
    sender.send(Ok(Event::Start { offset, total }))?;
    let mut body = response.into_body().into_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let count = body.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        chunk.truncate(count);
        sender.send(Ok(Event::Data(chunk)))?;
    }
}

/// Where the body begins in the file, and how long the file is.
fn range(response: &Response<Body>, asked: u64) -> Result<(u64, Option<u64>)> {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let rest = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok((0, rest));
    }
    let start = text(header::CONTENT_RANGE)
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split('-').next()?.parse::<u64>().ok());
    ensure!(start == Some(asked), "the server has sent another range than the one from byte {asked} on");
    Ok((asked, rest.map(|rest| asked + rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::{TcpListener, TcpStream};
    use std::thread::JoinHandle;

    const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";
    const CHECKSUM: Checksum = Checksum::Md5("9e107d9d372bb6826bd81d3542a419d6");
    const PATIENCE: Patience = Patience { connect: Duration::from_secs(20), stall: Duration::from_secs(20) };

    /// How the server answers one request.
    #[derive(Clone, Copy)]
    enum Reply {
        /// All of the file, whatever is asked for.
        Whole,
        /// The length of all of it, and then only some bytes.
        CutAt(usize),
        /// What is asked for.
        Range,
        /// Headers and some bytes, then silence until the client has gone.
        StallAt(usize),
        /// A status without a body.
        Status(&'static str),
        /// Another file.
        Other,
    }

    /// Where each request's `Range` header begins.
    type Ranges = io::Result<Vec<Option<usize>>>;

    /// Answers one request after the other.
    fn serve(replies: &'static [Reply]) -> Result<(String, JoinHandle<Ranges>)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/file", listener.local_addr()?);
        let server =
            thread::spawn(move || replies.iter().map(|&reply| answer(&mut listener.accept()?.0, reply)).collect());
        Ok((url, server))
    }

    fn answer(stream: &mut TcpStream, reply: Reply) -> io::Result<Option<usize>> {
        let mut range = None;
        for line in BufReader::new(&*stream).lines() {
            let line = line?.to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(from) = line.strip_prefix("range: bytes=") {
                range = from.trim_end_matches('-').parse().ok();
            }
        }
        let all = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", BODY.len());
        match reply {
            Reply::Whole => stream.write_all(&[all.as_bytes(), BODY].concat())?,
            Reply::CutAt(count) => stream.write_all(&[all.as_bytes(), &BODY[..count]].concat())?,
            Reply::StallAt(count) => {
                stream.write_all(&[all.as_bytes(), &BODY[..count]].concat())?;
                thread::park_timeout(Duration::from_secs(2));
            }
            Reply::Other => stream.write_all(&[all.as_bytes(), &[b'x'; BODY.len()]].concat())?,
            Reply::Status(status) => {
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
            }
            Reply::Range => {
                let from = range.unwrap_or(0);
                write!(
                    stream,
                    "HTTP/1.1 206 Partial Content\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\n\
                     connection: close\r\n\r\n",
                    BODY.len() - from,
                    BODY.len() - 1,
                    BODY.len()
                )?;
                stream.write_all(&BODY[from..])?;
            }
        }
        Ok(range)
    }

    /// Downloads over what `part` holds. Gives the result, the file, what is left as part, and the ranges asked for.
    fn run(replies: &'static [Reply], part: &[u8], patience: Patience) -> Result<Outcome> {
        let folder = tempfile::tempdir()?;
        let target = folder.path().join("file");
        if !part.is_empty() {
            fs::write(part_of(&target), part)?;
        }
        let (url, server) = serve(replies)?;
        let result = download(&url, &target, CHECKSUM, patience, Progress::new(true));
        let ranges = server.join().expect("the server does not panic")?;
        Ok(Outcome { result, file: fs::read(&target).ok(), part: fs::read(part_of(&target)).ok(), ranges })
    }

    struct Outcome {
        result: Result<()>,
        file: Option<Vec<u8>>,
        part: Option<Vec<u8>>,
        ranges: Vec<Option<usize>>,
    }

    impl Outcome {
        fn assert_whole(&self, ranges: &[Option<usize>]) {
            assert!(self.result.is_ok(), "{:?}", self.result);
            assert_eq!((self.file.as_deref(), self.part.as_deref()), (Some(BODY), None));
            assert_eq!(self.ranges, ranges);
        }

        fn assert_failed(&self, message: &str, part: Option<&[u8]>) {
            let error = format!("{:#}", self.result.as_ref().unwrap_err());
            assert!(error.contains(message), "{error}");
            assert_eq!((self.file.as_deref(), self.part.as_deref()), (None, part));
        }
    }

    #[test]
    fn a_whole_file_comes_through() -> Result<()> {
        run(&[Reply::Whole], b"", PATIENCE)?.assert_whole(&[None]);
        Ok(())
    }

    #[test]
    fn a_cut_download_goes_on_where_it_was() -> Result<()> {
        run(&[Reply::CutAt(10), Reply::Range], b"", PATIENCE)?.assert_whole(&[None, Some(10)]);
        Ok(())
    }

    #[test]
    fn a_part_of_an_earlier_run_is_used() -> Result<()> {
        run(&[Reply::Range], &BODY[..7], PATIENCE)?.assert_whole(&[Some(7)]);
        Ok(())
    }

    #[test]
    fn a_server_that_ignores_ranges_starts_from_the_beginning() -> Result<()> {
        run(&[Reply::Whole], b"something else", PATIENCE)?.assert_whole(&[Some(14)]);
        Ok(())
    }

    #[test]
    fn a_part_that_is_whole_is_taken() -> Result<()> {
        run(&[Reply::Status("416 Range Not Satisfiable")], BODY, PATIENCE)?.assert_whole(&[Some(BODY.len())]);
        Ok(())
    }

    #[test]
    fn a_part_of_another_file_is_dropped() -> Result<()> {
        run(&[Reply::Range, Reply::Whole], b"other", PATIENCE)?.assert_whole(&[Some(5), None]);
        Ok(())
    }

    #[test]
    fn a_stalled_download_ends_and_keeps_its_part() -> Result<()> {
        let patience = Patience { stall: Duration::from_millis(300), ..PATIENCE };
        let outcome = run(&[Reply::StallAt(0)], &BODY[..4], patience)?;
        assert!(format!("{:#}", outcome.result.unwrap_err()).contains("has sent nothing"));
        assert_eq!(outcome.file, None);
        Ok(())
    }

    #[test]
    fn a_missing_file_is_reported() -> Result<()> {
        run(&[Reply::Status("404 Not Found")], b"", PATIENCE)?.assert_failed("404", None);
        Ok(())
    }

    #[test]
    fn another_file_is_refused() -> Result<()> {
        run(&[Reply::Other], b"", PATIENCE)?.assert_failed("is not the file that was expected", None);
        Ok(())
    }

    #[test]
    fn a_server_that_keeps_cutting_ends_in_an_error() -> Result<()> {
        let outcome = run(&[Reply::CutAt(10), Reply::CutAt(5)], b"", PATIENCE)?;
        outcome.assert_failed("cannot be downloaded", Some(&BODY[..5]));
        Ok(())
    }
}
