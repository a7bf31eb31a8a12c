//! Unpacks one package after the other into the folder given, and prints each digest once its tree is there.
//! For the test that kills it. Never ends by itself.

use std::io::Write;

use lambent_code::Trees;

#[path = "../tests/packages/mod.rs"]
mod packages;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("which folder?"))?;
    let trees = Trees::open(folder)?;
    trees.sweep().await?;
    for number in (0..packages::COUNT).cycle() {
        let tree = trees.unpack(packages::package(number)?.into()).await?;
        writeln!(std::io::stdout(), "{}", tree.digest())?;
        drop(tree);
        if number + 1 == packages::COUNT {
            trees.collect(std::collections::BTreeSet::new()).await?;
        }
    }
    Ok(())
}
