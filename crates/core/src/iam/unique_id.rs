//! Ids and secrets as IAM forms them: a prefix for the kind, then base 32, with the account inside. Chance is given.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>

use crate::account::AccountId;
use crate::dice::Dice;

const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How many letters follow the prefix of an access key's id.
const KEY_LETTERS: u32 = 16;
/// All of them, with those of the prefix.
const KEY_LENGTH: usize = 20;
/// How many follow that of any other: 21 in all.
const LETTERS: u32 = 17;
const SECRET_LETTERS: usize = 40;
const ACCOUNT_BITS: u32 = 40;

/// The unique id of a user (`AIDA`), role (`AROA`) or policy (`ANPA`).
#[must_use]
pub fn of_entity(prefix: &str, account: &AccountId, dice: &dyn Dice) -> String {
    letters(prefix, account, LETTERS, dice)
}

/// The id of an access key (`AKIA`), or of a session's (`ASIA`).
#[must_use]
pub fn of_key(prefix: &str, account: &AccountId, dice: &dyn Dice) -> String {
    letters(prefix, account, KEY_LETTERS, dice)
}

/// A secret access key.
#[must_use]
pub fn secret(dice: &dyn Dice) -> String {
    let letter = |bits: u8| char::from(BASE_64[usize::from(bits % 64)]);
    let bytes = std::iter::repeat_with(|| dice.bytes16()).flatten();
    bytes.map(letter).take(SECRET_LETTERS).collect()
}

/// The account inside the id of an access key; none if the id is not of that form.
#[must_use]
pub fn account_of_key(id: &str) -> Option<AccountId> {
    let letters = id.get(4..).filter(|_| id.len() == KEY_LENGTH)?.bytes();
    let mut digits = letters.take(10).map(|letter| BASE_32.iter().position(|digit| *digit == letter));
    let bits = digits.try_fold(0_u64, |bits, digit| Some((bits << 5) | u64::try_from(digit?).ok()?))?;
    // Of the first 50 bits one is set, then 40 are the account's.
    let account = (bits >> 9) & ((1 << ACCOUNT_BITS) - 1);
    AccountId::try_from(format!("{account:012}")).ok()
}

fn letters(prefix: &str, account: &AccountId, count: u32, dice: &dyn Dice) -> String {
    let account: u128 = account.as_str().parse().unwrap_or(0);
    let free = count * 5 - 1 - ACCOUNT_BITS;
    let chance = u128::from_be_bytes(dice.bytes16()) & ((1 << free) - 1);
    let bits = (((1 << ACCOUNT_BITS) | account) << free) | chance;
    let digit = |at: u32| usize::try_from((bits >> (at * 5)) & 31).expect("five bits fit");
    prefix.chars().chain((0..count).rev().map(|at| char::from(BASE_32[digit(at)]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u64);

    impl Dice for Fixed {
        fn bits(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn ids_are_as_long_as_aws_makes_them_and_tell_their_account() {
        for account in ["000000000000", "123456789012", "999999999999"] {
            let account = AccountId::try_from(account.to_owned()).unwrap();
            for bits in [0, u64::MAX, 0x0123_4567_89ab_cdef] {
                let key = of_key("AKIA", &account, &Fixed(bits));
                assert_eq!((key.len(), account_of_key(&key)), (20, Some(account.clone())), "{key}");
                let role = of_entity("AROA", &account, &Fixed(bits));
                assert!(role.len() == 21 && role.bytes().all(|b| b.is_ascii_alphanumeric()), "{role}");
            }
        }
        assert_eq!(account_of_key("test"), None);
        assert_eq!(secret(&Fixed(7)).len(), 40);
    }
}
