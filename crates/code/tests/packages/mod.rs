//! Packages that tell from their content whether they are whole. Never the same twice.

use std::io::{Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};

/// How many packages there are.
pub(crate) const COUNT: u32 = 8;
/// How many files each has.
pub(crate) const FILES: u32 = 60;

/// The content of one file.
pub(crate) fn content(package: u32, file: u32) -> String {
    format!("{package}/{file} ").repeat(300)
}

/// A zip of [`FILES`] files.
pub(crate) fn package(number: u32) -> anyhow::Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in 0..FILES {
        writer.start_file(format!("d{}/{file}", file % 7), SimpleFileOptions::default())?;
        writer.write_all(content(number, file).as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}
