//! The segments of one log group on the disk: the last is written, those before are complete, each with its summary beside
//! it. Never knows which streams are alive.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lambent_core::limits;

use super::segment::{Span, Summary};
use crate::folder;

/// The segments of one group.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// In the order of their numbers, which is that of time; the last is written.
    segments: Vec<(u32, Summary)>,
    file: Option<Arc<File>>,
}

impl Files {
    /// Finds the segments of a folder, which need not be there yet. What a crash left half written is forgotten.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut numbers = numbers(folder)?;
        numbers.sort_unstable();
        let last = numbers.last().copied();
        let summary = |number: u32| match Some(number) == last {
            true => scan(folder, number),
            false => summary(folder, number),
        };
        let segments = numbers.iter().map(|number| Ok((*number, summary(*number)?)));
        let segments = segments.collect::<io::Result<_>>()?;
        Ok(Self { folder: folder.to_owned(), segments, file: None })
    }

    pub(super) fn segment_path(folder: &Path, number: u32) -> PathBuf {
        folder.join(format!("{number:010}.log"))
    }

    pub(super) fn numbered(&self) -> impl Iterator<Item = (u32, &Summary)> {
        self.segments.iter().map(|(number, summary)| (*number, summary))
    }

    pub(super) fn summaries(&self) -> impl DoubleEndedIterator<Item = &Summary> {
        self.segments.iter().map(|(_, summary)| summary)
    }

    /// Those that are written no more.
    pub(super) fn complete(&self) -> impl Iterator<Item = (u32, &Summary)> {
        self.numbered().take(self.segments.len().saturating_sub(1))
    }

    /// Whether the segment that is written names this stream.
    pub(super) fn declares(&self, id: u32) -> bool {
        self.segments.last().is_some_and(|(_, summary)| summary.declared.contains_key(&id))
    }

    /// All that is there of one stream.
    pub(super) fn span(&self, id: u32) -> Option<Span> {
        self.summaries().filter_map(|summary| summary.spans.get(&id).copied()).reduce(Span::join)
    }

    /// The file that is open for writing.
    pub(super) fn open_file(&self) -> Option<Arc<File>> {
        self.file.clone()
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.sync_data())
    }

    /// Goes on in a new file if this one is long or old enough.
    pub(super) fn roll_if_due(&mut self, now_ms: i64) -> io::Result<()> {
        let age_max_ms = i64::try_from(limits::LOG_SEGMENT_AGE_MAX.as_millis()).unwrap_or(i64::MAX);
        let due = self.segments.last().is_some_and(|(_, summary)| {
            let is_old =
                summary.since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) > age_max_ms);
            is_old || summary.length > limits::LOG_SEGMENT_MAX_BYTES
        });
        if due { self.roll() } else { Ok(()) }
    }

    /// Goes on in a new file.
    pub(super) fn roll(&mut self) -> io::Result<()> {
        self.sync()?;
        if let Some((number, summary)) = self.segments.last() {
            let text = serde_json::to_vec(summary)?;
            fs::write(summary_path(&self.folder, *number), text)?;
        }
        self.begin()
    }

    /// Adds bytes, and what they say.
    pub(super) fn write(&mut self, bytes: &[u8], said: &Summary) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.segments.is_empty() {
            folder::make(&self.folder)?;
            self.begin()?;
        }
        let file = self.file()?;
        let (_, summary) = self.segments.last_mut().expect("one was begun");
        file.write_all_at(bytes, summary.length)?;
        summary.length += bytes.len() as u64;
        summary.since_ms = summary.since_ms.or(said.since_ms);
        summary.declared.extend(said.declared.clone());
        summary.deleted.extend(&said.deleted);
        for (id, span) in &said.spans {
            summary.spans.entry(*id).and_modify(|old| *old = old.join(*span)).or_insert(*span);
        }
        Ok(())
    }

    /// Deletes segments.
    pub(super) fn remove(&mut self, numbers: &[u32]) -> io::Result<()> {
        self.segments.retain(|(number, _)| !numbers.contains(number));
        for number in numbers {
            fs::remove_file(Self::segment_path(&self.folder, *number))?;
            match fs::remove_file(summary_path(&self.folder, *number)) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        let number = self.segments.last().map_or(1, |(number, _)| number + 1);
        let path = Self::segment_path(&self.folder, number);
        self.file = Some(Arc::new(File::options().create_new(true).write(true).open(path)?));
        self.segments.push((number, Summary::default()));
        folder::sync(&self.folder)
    }

    /// The file that is written, cut to what is whole in it.
    fn file(&mut self) -> io::Result<Arc<File>> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let (number, summary) = self.segments.last().expect("one was begun");
        let file = Arc::new(File::options().write(true).open(Self::segment_path(&self.folder, *number))?);
        file.set_len(summary.length)?;
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }
}

fn numbers(folder: &Path) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Err(none) if none.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let number: Option<u32> = name.to_str().and_then(|name| name.strip_suffix(".log")?.parse().ok());
        numbers.extend(number);
    }
    Ok(numbers)
}

fn summary_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:010}.json"))
}

fn scan(folder: &Path, number: u32) -> io::Result<Summary> {
    Ok(Summary::of(&fs::read(Files::segment_path(folder, number))?))
}

/// The summary of a complete segment; where its file is missing or broken, what the segment says.
fn summary(folder: &Path, number: u32) -> io::Result<Summary> {
    let kept = fs::read(summary_path(folder, number)).ok();
    match kept.and_then(|text| serde_json::from_slice(&text).ok()) {
        Some(summary) => Ok(summary),
        None => scan(folder, number),
    }
}
