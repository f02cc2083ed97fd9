//! A number with its operator in a column of its own.

use record::{Comparator, Decimal, IssueCode, Quantity, Value};

use super::{column::Column, row::Row};
use crate::signed::in_words;

impl<F: Copy> Row<'_, F> {
    /// The result that a number, the operator beside it and its unit are. With an operator that FHIR has not (`~`) it is
    /// words, as they were sent: the number alone would read as exact.
    pub(crate) fn compared(&mut self, [operator, number, unit]: [Column; 3], value: Decimal) -> Value {
        match Comparator::split(self.text(operator)) {
            (comparator, "") => Value::Quantity(Quantity { value, comparator, unit: self.some(unit) }),
            (None, "=") => Value::Quantity(Quantity { value, comparator: None, unit: self.some(unit) }),
            _ => {
                self.warn(IssueCode::OperatorUnknown, operator, "the result is words");
                in_words(self.text(operator), self.text(number), self.text(unit))
            }
        }
    }
}
