//! Letters without their marks: how names are compared. `Małgorzata` and `malgorzata` are one name.

/// What the engine can read. A letter of another script could be a name in it, or look like a Latin one.
pub(crate) fn readable(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{24f}' | '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}')
        || matches!(c, '\u{391}'..='\u{3c9}' | '\u{1e00}'..='\u{1eff}')
        || matches!(
            c,
            '\u{2010}'
                ..='\u{2015}'
                    | '‘'
                    | '’'
                    | '‚'
                    | '“'
                    | '”'
                    | '„'
                    | '•'
                    | '…'
                    | '‰'
                    | '′'
                    | '″'
                    | '⁄'
        )
        || matches!(c, '\u{2070}'..='\u{209c}' | '€' | '™' | '℃' | '\u{2150}'..='\u{215e}' | '\u{2190}'..='\u{2193}')
        || matches!(c, '∆' | '−' | '√' | '∞' | '≈' | '≠' | '≤' | '≥' | '○' | '●' | '✓' | '✔' | '✗' | '✘')
}

/// Pictures, which say nothing that could name anybody; letters in squares and circles are none of them.
pub(crate) fn is_picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{26ff}' | '\u{2700}'..='\u{2775}' | '\u{2794}'..='\u{27bf}')
        || matches!(c, '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1faff}')
}

/// Whether all of a text can be read. The sign that asks for a coloured picture is hidden, and allowed only after one.
pub(crate) fn all_readable(text: &str) -> bool {
    let mut after_picture = false;
    text.chars().all(|c| {
        let read = readable(c) || is_picture(c) || c == '\u{fe0f}' && after_picture;
        after_picture = is_picture(c);
        read
    })
}

/// A mark that belongs to the letter before it.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Appends a letter in lower case without its marks.
pub(crate) fn push(c: char, to: &mut String) {
    if c.is_ascii() {
        to.push(c.to_ascii_lowercase());
    } else if !is_mark(c) {
        match plain(c) {
            "" => to.extend(c.to_lowercase()),
            letters => to.push_str(letters),
        }
    }
}

/// Folds a whole text.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|c| push(c, &mut folded));
    folded
}

/// Latin letters with marks, by the letter that they are without.
const PLAIN: [(&str, &str); 30] = [
    ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặÀÁÂÃÄÅĀĂĄǍẠẢẤẦẨẪẬẮẰẲẴẶ"),
    ("ae", "æǽÆǼ"),
    ("b", "ḃḅḂḄ"),
    ("c", "çćĉċčÇĆĈĊČ"),
    ("d", "ďđðḍḋĎĐÐḌḊ"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệÈÉÊËĒĔĖĘĚẸẺẼẾỀỂỄỆ"),
    ("f", "ḟḞ"),
    ("g", "ĝğġģǧĜĞĠĢǦ"),
    ("h", "ĥħḥĤĦḤ"),
    ("i", "ìíîïĩīĭįıǐỉịÌÍÎÏĨĪĬĮİǏỈỊ"),
    ("j", "ĵĴ"),
    ("k", "ķĸǩḳĶǨḲ"),
    ("l", "ĺļľŀłḷĹĻĽĿŁḶ"),
    ("m", "ṁṃṀṂ"),
    ("n", "ñńņňŉŋṇÑŃŅŇŊṆ"),
    ("o", "òóôõöøōŏőơǒọỏốồổỗộớờởỡợÒÓÔÕÖØŌŎŐƠǑỌỎỐỒỔỖỘỚỜỞỠỢ"),
    ("oe", "œŒ"),
    ("p", "ṗṖ"),
    ("r", "ŕŗřṛŔŖŘṚ"),
    ("s", "śŝşšșṡṣŚŜŞŠȘṠṢ"),
    ("ss", "ßẞ"),
    ("t", "ţťŧțṫṭŢŤŦȚṪṬ"),
    ("th", "þÞ"),
    ("u", "ùúûüũūŭůűųưǔụủứừửữựÙÚÛÜŨŪŬŮŰŲƯǓỤỦỨỪỬỮỰ"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅŴẀẂẄ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷỳỵỷỹÝŸŶỲỴỶỸ"),
    ("z", "źżžẓŹŻŽẒ"),
    ("a", "ªΑ"),
];

fn plain(c: char) -> &'static str {
    PLAIN.iter().find(|(_, marked)| marked.contains(c)).map_or("", |(letter, _)| letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_fall_away_in_either_spelling() {
        assert_eq!(fold("Małgorzata Bożena Şükrü Pádraig Llŷr"), "malgorzata bozena sukru padraig llyr");
        assert_eq!(fold("Zoe\u{308} ZOË"), "zoe zoe");
    }

    #[test]
    fn other_scripts_and_hidden_characters_cannot_be_read() {
        for odd in ['О', '\u{200b}', '\u{ad}', '\u{202e}', '李', '\0', '\u{34f}', 'Ｊ', '\u{fffd}'] {
            assert!(!readable(odd), "{odd:?}");
        }
        assert!(all_readable("better 😊, ❤️ clinic 📷"));
        for odd in ["M\u{fe0f}ary", "🅼🅰🆁🆈", "🇲🇦🇷🇾", "Ⓜary", "❤\u{200d}x"] {
            assert!(!all_readable(odd), "{odd}");
        }
        assert!("T° 38.2 ≥ µg β-blocker “ok” – é½".chars().all(readable));
    }
}
