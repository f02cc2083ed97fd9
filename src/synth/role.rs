//! Why a synthetic patient is there.

use crate::Format;

macro_rules! roles {
    ($($name:ident, $word:literal, $about:literal;)+) => {
        /// What is interesting about a synthetic patient. The first patients of a practice have these in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $(#[doc = $about] $name,)+ }

        impl Role {
            /// Every role, in the order in which a practice's first patients have them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// A short name, the same for ever.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $(Self::$name => $word,)+ } }

            /// One line about it.
            #[must_use]
            pub fn about(self) -> &'static str { match self { $(Self::$name => $about,)+ } }
        }
    };
}

roles! {
    Everyday, "everyday", "An adult with all kinds of data and nothing hidden.";
    MustSupport, "must-support", "Has everything that a conformance test wants to see: partial dates, missing halves, refusals, every category.";
    ConfidentialConsultation, "confidential-consultation", "A whole consultation is confidential; its entries have no mark of their own.";
    ConfidentialItem, "confidential-item", "Single entries are confidential, among them a vaccination.";
    ConfidentialBloodPressureHalf, "confidential-blood-pressure-half", "One half of a blood pressure is confidential.";
    Child10, "child-10", "Ten years old: a parent may act for them, until their eleventh birthday.";
    Child13, "child-13", "Thirteen years old: a parent's access waits for a review.";
    Teen15, "teen-15", "Fifteen years old, soon of age.";
    Teen16, "teen-16", "Sixteen years old: a parent's access has ended.";
    CaredFor, "cared-for", "An old adult with a carer, whose details are somebody else's data.";
    NoData, "no-data", "Registered, and nothing recorded at all.";
    ThirdParties, "third-parties", "Free text that names relatives, callers and other people.";
    SensitivePatient, "sensitive-patient", "Flagged as sensitive as a whole: not served.";
    Dummy, "dummy", "A dummy patient for training: not served.";
    Temporary, "temporary", "Registered for a time only: not served by default.";
    Deceased, "deceased", "Has died: not served.";
    Deducted, "deducted", "Has left the practice: not served.";
    NoNhsNumber, "no-nhs-number", "Has no NHS number.";
    PlaceholderNhsNumber, "placeholder-nhs-number", "Ten equal digits stand where the NHS number should be.";
    EnhancedReview, "enhanced-review", "A code says that access needs an enhanced review first (SNOMED CT 1364731000000104).";
    FeedOddities, "feed-oddities", "Has one of every oddity that a valid batch may hold (only with edge cases).";
}

impl Role {
    /// The role of a patient by number, from 0; `None` where chance decides.
    pub(crate) fn fixed(patient: u32) -> Option<Self> {
        usize::try_from(patient).ok().and_then(|patient| Self::ALL.get(patient)).copied()
    }

    /// The same patient in a format that cannot say what is special about them: an EHR extract carries no
    /// demographics, and is always about an NHS number.
    pub(crate) fn in_format(self, format: Format) -> Self {
        use Role::{
            CaredFor, ConfidentialBloodPressureHalf, ConfidentialConsultation, ConfidentialItem, Deceased,
            Deducted, Dummy, Everyday, NoNhsNumber, PlaceholderNhsNumber, SensitivePatient, Temporary,
        };
        let demographic = matches!(
            self,
            CaredFor
                | Deceased
                | Deducted
                | Dummy
                | NoNhsNumber
                | PlaceholderNhsNumber
                | SensitivePatient
                | Temporary
        );
        // Vision has no marks, and nobody's carers.
        let marked = matches!(
            self,
            CaredFor
                | ConfidentialBloodPressureHalf
                | ConfidentialConsultation
                | ConfidentialItem
                | SensitivePatient
        );
        // A bundle has demographics, but its patient is not known to be a dummy, and has a number.
        let unsaid = matches!(self, Dummy | NoNhsNumber | PlaceholderNhsNumber);
        match format {
            Format::Gp2gp if demographic => Everyday,
            Format::VisionCsv if marked => Everyday,
            Format::GpConnectStu3 if unsaid => Everyday,
            _ => self,
        }
    }
}
