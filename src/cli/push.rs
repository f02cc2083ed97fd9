//! `recordgate push`: an export to another machine's intake. Every step may be repeated, and is, when the connection
//! breaks: files go on where they ended.

use std::{
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gateway::client::{Client, ClientError, Content, Packing, Sum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{Failure, args::PushArgs};

const BATCHES: &str = "/intake/v1/batches";
/// Attempts without any progress before it is given up.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

type Request = http::request::Builder;

/// A file to be sent.
struct Outgoing {
    path: PathBuf,
    name: String,
    size: u64,
    sha256: String,
}

/// An answer that was read whole.
struct Answer {
    status: http::StatusCode,
    headers: http::HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the same request may be answered otherwise in a while.
    fn may_change(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
    }

    fn failure(&self, what: &str) -> Failure {
        let words = self.body["issue"][0]["diagnostics"].as_str().unwrap_or("it gave no reason");
        Failure(format!("{what}: the server answered {}: {words}", self.status))
    }
}

struct Push<'a> {
    args: &'a PushArgs,
    client: Client,
    runtime: Runtime,
    packed: TempDir,
}

pub(crate) fn run(args: &PushArgs) -> Result<ExitCode, Failure> {
    // The sandbox says it with the path, as the API description does.
    let url = args.url.trim_end_matches('/').trim_end_matches("/intake/v1");
    let client = Client::new(url, &args.cert, &args.key, &args.ca)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let push = Push { args, client, runtime, packed: tempfile::tempdir()? };
    let files = push.outgoing()?;
    let mut batch = push.announce(&files)?;
    let id = batch["id"].as_str().unwrap_or_default().to_owned();
    if batch["state"] == "receiving" {
        push.send_all(&id, &files, &batch)?;
        batch = push.expect(&format!("{BATCHES}/{id}/commit"), "POST", "the batch could not be committed")?;
        say!("batch {id}: committed; it is on the server's disk");
    } else {
        say!("batch {id}: the server has this content already");
    }
    if args.no_wait {
        return Ok(ExitCode::SUCCESS);
    }
    let done = push.wait(&id, batch)?;
    push.tell(&id, &done)
}

/// Prints the files in which rows have this code.
fn where_it_is(summary: &Value, code: &str) {
    const MOST: usize = 3;
    let files: Vec<&str> = summary["files"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|file| file["codes"].get(code).is_some())
        .filter_map(|file| file["name"].as_str())
        .collect();
    for file in files.iter().take(MOST) {
        say!("{:>9} in {file}", "");
    }
    if files.len() > MOST {
        say!("{:>9} and {} more files; --report FILE has each row", "", files.len() - MOST);
    }
}

impl Push<'_> {
    /// The files of the export that are read, looked at as `ingest` would, so that what would be refused for its
    /// files is not sent.
    fn outgoing(&self) -> Result<Vec<Outgoing>, Failure> {
        let batch =
            ingest::open(self.args.format, &self.args.practice, &self.args.paths).map_err(|issues| {
                issues.iter().for_each(|issue| tell!("{issue}"));
                Failure("the export would be refused; nothing was sent".to_owned())
            })?;
        for path in ingest::unread(batch.as_ref(), &self.args.paths) {
            tell!("{}: not sent, since files of this name are not read", gateway::loader::file_name(&path));
        }
        let bar = bar("reading", batch.total_bytes());
        let mut files = Vec::new();
        for path in batch.paths() {
            let (size, sha256) = look_at(path, &bar)?;
            let name = gateway::loader::file_name(path);
            files.push(Outgoing { path: path.to_owned(), name, size, sha256 });
        }
        bar.finish_and_clear();
        Ok(files)
    }

    fn announce(&self, files: &[Outgoing]) -> Result<Value, Failure> {
        let files: Vec<Value> = files
            .iter()
            .map(|file| json!({"name": file.name, "size": file.size, "sha256": file.sha256}))
            .collect();
        let announced = json!({
            "practice": self.args.practice.as_str(), "format": self.args.format.name(), "files": files,
        });
        let answer = self.insist(|| {
            let request = http::Request::post(BATCHES).header("content-type", "application/json");
            (request, Content::Bytes(announced.to_string().into()))
        })?;
        let good = answer.status.is_success();
        // No intake answers so, whatever is announced.
        if matches!(answer.status.as_u16(), 404 | 405) {
            return Err(Failure(format!(
                "what answers at {} is no intake (it answers {}): check the port in --url; apps have another one than \
                 suppliers",
                self.args.url, answer.status
            )));
        }
        if good { Ok(answer.body) } else { Err(answer.failure("the batch was not taken")) }
    }

    fn send_all(&self, id: &str, files: &[Outgoing], batch: &Value) -> Result<(), Failure> {
        let bar = bar("sending", files.iter().map(|file| file.size).sum());
        for file in files {
            let known =
                batch["files"].as_array().into_iter().flatten().find(|known| known["name"] == file.name);
            if known.is_none_or(|known| known["complete"] != true) {
                self.send(id, file, &bar)?;
            }
            bar.inc(file.size);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Sends one file, from where the server has it on, until it has it whole.
    fn send(&self, id: &str, file: &Outgoing, bar: &ProgressBar) -> Result<(), Failure> {
        let path = format!("{BATCHES}/{id}/files/{}", encoded(&file.name));
        let packed = self.pack(file)?;
        let total = fs::metadata(&packed)?.len();
        let (mut from, mut failures, mut thrown_away) = (self.offset(&path, total)?, 0, false);
        loop {
            let mut content = File::open(&packed)?;
            content.seek(SeekFrom::Start(from))?;
            let sent = Arc::new(AtomicU64::new(0));
            let request = self.put(&path, from, total);
            let body = Content::File(content, total - from, Arc::clone(&sent));
            let begun = bar.position();
            let answer = self.runtime.block_on(async {
                let answer = self.answer(request, body);
                tokio::pin!(answer);
                loop {
                    // What is sent is counted in the file's own bytes, which the bar is in.
                    let share = |sent: u64| (sent + from).saturating_mul(file.size) / total.max(1);
                    match tokio::time::timeout(Duration::from_millis(200), &mut answer).await {
                        Ok(answer) => return answer,
                        Err(_) => bar.set_position(begun + share(sent.load(Ordering::Relaxed))),
                    }
                }
            });
            bar.set_position(begun);
            let why = match answer {
                Ok(answer)
                    if answer.status.is_success() && answer.header("upload-complete") == Some("?1") =>
                {
                    return Ok(());
                }
                // Another compressor's beginning may lie there; once it is gone, the whole file is sent.
                Ok(answer) if answer.status.as_u16() == 422 && !thrown_away && from > 0 => {
                    thrown_away = true;
                    answer.failure(&file.name)
                }
                Ok(answer) if answer.may_change() || matches!(answer.status.as_u16(), 400 | 409) => {
                    answer.failure(&file.name)
                }
                Ok(answer) => return Err(answer.failure(&file.name)),
                Err(ClientError::Unusable(words)) => return Err(Failure(words)),
                Err(ClientError::Broken(words)) => Failure(format!("{}: {words}", file.name)),
            };
            let now = self.offset(&path, total)?;
            failures = if now > from { 0 } else { failures + 1 };
            from = now;
            if failures >= ATTEMPTS {
                return Err(why);
            }
            bar.suspend(|| tell!("{why}; going on from byte {from}"));
            std::thread::sleep(pause(failures));
        }
    }

    fn put(&self, path: &str, from: u64, total: u64) -> Request {
        let mut request = http::Request::put(path).header("content-type", "application/octet-stream");
        if self.args.compress != Packing::None {
            request = request.header("content-encoding", self.args.compress.name());
        }
        if from > 0 {
            request = request.header("content-range", format!("bytes {from}-{}/{total}", total - 1));
        }
        request
    }

    /// A compressed copy of a file, if it is to be compressed.
    fn pack(&self, file: &Outgoing) -> Result<PathBuf, Failure> {
        if self.args.compress == Packing::None {
            return Ok(file.path.clone());
        }
        let to = self.packed.path().join("packed");
        self.args.compress.pack(File::open(&file.path)?, File::create(&to)?)?;
        Ok(to)
    }

    /// From where the server wants the rest of a file.
    fn offset(&self, path: &str, total: u64) -> Result<u64, Failure> {
        let answer = self.insist(|| (http::Request::get(path), Content::Bytes(Default::default())))?;
        if !answer.status.is_success() {
            return Err(answer.failure("the server does not know the file"));
        }
        let same = answer.body["encoding"] == self.args.compress.name();
        let received = answer.body["received"].as_u64().unwrap_or(0);
        Ok(if same && received < total { received } else { 0 })
    }

    fn expect(&self, path: &str, method: &str, what: &str) -> Result<Value, Failure> {
        let answer = self.insist(|| {
            (http::Request::builder().method(method).uri(path), Content::Bytes(Default::default()))
        })?;
        if answer.status.is_success() { Ok(answer.body) } else { Err(answer.failure(what)) }
    }

    fn wait(&self, id: &str, mut batch: Value) -> Result<Value, Failure> {
        let spinner = ProgressBar::new_spinner().with_message("waiting");
        let mut told = None;
        while matches!(batch["state"].as_str(), Some("committed" | "loading")) {
            let why = batch["reason"].as_str();
            if why.is_some() && why != told.as_deref() {
                let (id, next) = (id, batch["next_try"].as_str().unwrap_or("some time"));
                spinner.suspend(|| tell!("batch {id} {}; next try at {next}", why.unwrap_or_default()));
                told = why.map(str::to_owned);
            }
            spinner.set_message(batch["progress"].as_str().unwrap_or("waiting").to_owned());
            spinner.tick();
            std::thread::sleep(Duration::from_millis(500));
            batch = self.expect(&format!("{BATCHES}/{id}"), "GET", "the batch cannot be looked at")?;
        }
        spinner.finish_and_clear();
        Ok(batch)
    }

    /// Prints what became of the batch.
    fn tell(&self, id: &str, done: &Value) -> Result<ExitCode, Failure> {
        let summary = self.expect(&format!("{BATCHES}/{id}/summary"), "GET", "there is no summary")?;
        let totals = &summary["totals"];
        say!(
            "batch {id}: {}: {} rows, {} stored, {} unchanged, {} parked, {} rejected",
            done["state"].as_str().unwrap_or("?"),
            totals["rows"],
            totals["stored"],
            totals["unchanged"],
            totals["parked"],
            totals["rejected"]
        );
        for cause in summary["causes"].as_array().into_iter().flatten() {
            let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
            say!("{:>9} {:<26} {}", cause["count"], text("code"), text("advice"));
            where_it_is(&summary, &text("code"));
        }
        if let Some(file) = &self.args.report {
            self.report(id, file)?;
        }
        if done["state"] == "loaded" {
            return Ok(ExitCode::SUCCESS);
        }
        if done["state"] == "failed" {
            let why = done["reason"].as_str().unwrap_or("it gave no reason");
            return Err(Failure(format!(
                "the server could not load the batch ({why}); its operator must look"
            )));
        }
        Err(Failure("the batch was refused, and nothing of it was stored".to_owned()))
    }

    /// Writes the report row by row, first beside its place, so that nobody reads half of it.
    fn report(&self, id: &str, file: &Path) -> Result<(), Failure> {
        let part = file.with_extension("part");
        let mut out = BufWriter::new(File::create(&part)?);
        let request = http::Request::get(format!("{BATCHES}/{id}/report"));
        let request = request.body(Content::Bytes(Default::default()))?;
        let head = self.runtime.block_on(self.client.copy(request, &mut out))?;
        out.flush()?;
        if !head.status.is_success() {
            fs::remove_file(&part)?;
            return Err(Failure(format!(
                "there is no report row by row: the server answered {}",
                head.status
            )));
        }
        fs::rename(&part, file)?;
        Ok(())
    }

    async fn answer(&self, request: Request, content: Content) -> Result<Answer, ClientError> {
        let request = request.body(content).map_err(|error| ClientError::Unusable(error.to_string()))?;
        let (head, body) = self.client.ask(request).await?.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Asks until there is an answer that will not change by itself.
    fn insist(&self, ask: impl Fn() -> (Request, Content)) -> Result<Answer, Failure> {
        let mut failures = 0;
        loop {
            let (request, content) = ask();
            let why = match self.runtime.block_on(self.answer(request, content)) {
                Ok(answer) if !answer.may_change() => return Ok(answer),
                Ok(answer) => answer.failure("not yet"),
                Err(ClientError::Unusable(words)) => return Err(Failure(words)),
                Err(ClientError::Broken(words)) => Failure(words),
            };
            failures += 1;
            if failures >= ATTEMPTS {
                return Err(why);
            }
            tell!("{why}; trying again");
            std::thread::sleep(pause(failures));
        }
    }
}

/// Twice as long after each failure.
fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE)
}

/// Size and SHA-256 of a file.
fn look_at(path: &Path, bar: &ProgressBar) -> Result<(u64, String), Failure> {
    let mut file = File::open(path)?;
    let mut sum = Sum::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, sum.hexadecimal()));
        }
        sum.add(buffer.get(..read).unwrap_or_default());
        size += read as u64;
        bar.inc(read as u64);
    }
}

/// A name as a part of a path.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(encode).collect()
}

fn bar(phase: &'static str, total: u64) -> ProgressBar {
    let template = "{msg:<10} {bar:30} {bytes:>10} of {total_bytes} {bytes_per_sec} {eta}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(phase)
}
