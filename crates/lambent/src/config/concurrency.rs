//! `--concurrency`, `--concurrency-of` and `--memory-mb`: how much may run at once. Never counts any.

use anyhow::{Context as _, Result, ensure};
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_core::limits::{CONCURRENCY_DEFAULT, MEMORY_SIZE_MIN_MIB};

/// One number for all accounts and regions, and `ACCOUNT=N` or `ACCOUNT:REGION=N` for one each.
pub(super) fn read(all: Option<usize>, given: &[String]) -> Result<AccountLimits> {
    let all = all.unwrap_or(CONCURRENCY_DEFAULT);
    ensure!(all > 0, "--concurrency 0 would refuse every call: it takes 1 or more");
    let mut limits = AccountLimits::new(all);
    for text in given {
        let (account, region, limit) = own(text).with_context(|| format!("--concurrency-of {text:?}"))?;
        limits.set(account, region, limit);
    }
    Ok(limits)
}

/// Room for the smallest function at least.
pub(super) fn memory(mib: Option<u64>) -> Result<Option<u64>> {
    let holds_one = mib.is_none_or(|mib| mib >= MEMORY_SIZE_MIN_MIB);
    ensure!(holds_one, "--memory-mb holds no function: it takes {MEMORY_SIZE_MIN_MIB} or more");
    Ok(mib)
}

fn own(text: &str) -> Result<(AccountId, Option<Region>, usize)> {
    let (whose, limit) = text.split_once('=').context("it is not ACCOUNT=N or ACCOUNT:REGION=N")?;
    let (account, region) = match whose.split_once(':') {
        Some((account, region)) => (account, Some(Region::try_from(region.to_owned())?)),
        None => (whose, None),
    };
    let limit: usize = limit.parse().with_context(|| format!("{limit:?} is no number"))?;
    ensure!(limit > 0, "0 would refuse every call: it takes 1 or more");
    Ok((AccountId::try_from(account.to_owned())?, region, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(given: &[&str], account: &str, region: &str) -> Result<usize> {
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        let limits = read(None, &given)?;
        Ok(limits.of(&AccountId::try_from(account.to_owned())?, &Region::try_from(region.to_owned())?))
    }

    #[test]
    fn one_account_may_have_another_number_and_another_in_one_region() {
        let given = ["111111111111=50", "111111111111:eu-west-1=7"];
        assert_eq!(limit(&given, "111111111111", "us-east-1").unwrap(), 50);
        assert_eq!(limit(&given, "111111111111", "eu-west-1").unwrap(), 7);
        assert_eq!(limit(&given, "222222222222", "eu-west-1").unwrap(), 1000);
    }

    #[test]
    fn wrong_ones_are_refused() {
        assert!(read(Some(0), &[]).is_err());
        for wrong in ["", "7", "111111111111", "111111111111=0", "111111111111=-1", "1=7", "111111111111:x=7"]
        {
            assert!(limit(&[wrong], "111111111111", "us-east-1").is_err(), "{wrong}");
        }
    }
}
