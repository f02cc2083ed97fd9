//! What else comes in the same exchange as an extract, and is none: parts of large messages, acknowledgements, what
//! the transport wraps round them. Each is told by its first bytes or its root element, with what to do about it.

/// What a file is that does not begin as XML does, if that can be told.
pub(super) fn not_xml(start: &[u8]) -> Option<&'static str> {
    let bare = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let is_header = |line: &[u8]| {
        ["content-", "mime-version", "message-id"].iter().any(|name| {
            line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        })
    };
    match bare {
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] => Some("it is packed; unpack it first"),
        [b'<', ..] | [] => None,
        [b'{' | b'[', ..] => {
            Some("it is JSON, perhaps the transport's own record of a message; give the XML payload")
        }
        _ if bare.starts_with(b"--") || is_header(bare) => Some(
            "it is a MIME message with several parts; give the part that holds the RCMR_IN030000UK06 or UK07 payload",
        ),
        _ if is_base64(bare) => Some(
            "it is base64, as attachments and fragments of large messages are; let the receiving system put the message \
             together and decode it, and give the RCMR_IN030000UK06 or UK07 payload",
        ),
        _ => None,
    }
}

/// A line of base64: long, and of its letters alone.
fn is_base64(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    line.len() >= 40
        && line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// Why a message with this root element is not read.
pub(super) fn not_an_extract(root: &str) -> &'static str {
    match root {
        "EhrExtract" => {
            "it is an EhrExtract without its message, so that nobody knows whether it can carry visibility marks; give the \
             whole RCMR_IN030000UK06 or UK07 message"
        }
        root if root.starts_with("COPC_IN") => {
            "it is a part of a large message (a continuation or a fragment); let the receiving system put the message \
             together, and give the RCMR_IN030000UK06 or UK07 that comes of it"
        }
        root if root.starts_with("RCMR_IN01") => "it asks for a record and holds none; give the answer to it",
        root if root.starts_with("RCMR_IN03") => {
            "it is an extract of a version that is not known, and may mark what patients must not see in a way that is not \
             known; known are RCMR_IN030000UK06 and UK07"
        }
        root if root.starts_with("MCCI_IN") => "it is an acknowledgement and holds no record",
        "Envelope" | "Manifest" | "MessageHeader" => {
            "it is the transport's envelope; give the RCMR_IN030000UK06 or UK07 payload that came with it"
        }
        _ => "the root element is to be RCMR_IN030000UK06 or RCMR_IN030000UK07",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_xml_is_told_by_its_first_bytes() {
        let long = b"H4sIAAAAAAAAA+1d63PbRpL/nL8C5y93qVpbfMhWnFRkAB==\n";
        let told = |bytes: &[u8]| not_xml(bytes).map(|what| what.split(' ').nth(2).unwrap().to_owned());
        assert_eq!(told(b"\x1f\x8b\x08\x00").as_deref(), Some("packed;"));
        assert_eq!(told(b"PK\x03\x04").as_deref(), Some("packed;"));
        assert_eq!(told(b"{\"payload\": \"<RCMR\"}").as_deref(), Some("JSON,"));
        assert_eq!(told(b"----=_MIME-Boundary\r\nContent-Id: <0>\r\n").as_deref(), Some("a"));
        assert_eq!(told(b"MIME-Version: 1.0\r\n").as_deref(), Some("a"));
        assert_eq!(told(b"CONTENT-TYPE: multipart/related").as_deref(), Some("a"));
        assert_eq!(told(long).as_deref(), Some("base64,"));
        for xml in [
            &b"<RCMR_IN030000UK07/>"[..],
            b"\xEF\xBB\xBF <?xml version=\"1.0\"?>",
            b"",
            b"words",
            b"\xff\xfe<\0",
        ] {
            assert_eq!(not_xml(xml), None);
        }
    }

    #[test]
    fn each_other_message_of_the_exchange_says_what_to_do() {
        for (root, words) in [
            ("COPC_IN000001UK01", "put the message together"),
            ("RCMR_IN010000UK05", "holds none"),
            ("RCMR_IN030000UK08", "not known"),
            ("MCCI_IN010000UK13", "acknowledgement"),
            ("Envelope", "envelope"),
            ("EhrExtract", "without its message"),
            ("ClinicalDocument", "is to be"),
        ] {
            assert!(not_an_extract(root).contains(words), "{root}");
        }
    }
}
