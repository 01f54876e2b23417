"""Rules besides those of gitleaks, for keys of systems instead of services."""

from qlumod.secrets.rules.rule import DetectionRule

_B64 = rb"[A-Za-z0-9+/]"


def _own(
    title: str, *words: bytes, regex: bytes, private: bool = False, entropy: float = 0
) -> DetectionRule:
    return DetectionRule(
        title=title,
        keywords=words,
        regex=rb"(?i:" + regex + rb")",
        private=private,
        entropy=entropy,
    )


def _hash(*words: bytes, regex: bytes) -> DetectionRule:
    """A rule for a password hash of a database or web framework."""
    return _own("a hash of a password", *words, regex=regex, entropy=2.5)


OWN = (
    _own(
        "a key of an encrypted wallet",
        b"ciphertext",
        private=True,
        regex=rb"ciphertext\"\s*:\s*\"[0-9a-f]{32}(?=[^{}]*\"(?:kdf|cipher|iv)|[^{}]*\{[^{}]*\"iv\")",
    ),
    _own(
        "a key of a restic repository",
        b'"scrypt"',
        private=True,
        regex=rb"\"scrypt\"[^{}]{0,300}\"data\"\s*:\s*\"[\w+/=]{60}",
    ),
    _own(
        "a key of tarsnap",
        b"tarsnap key file",
        private=True,
        regex=rb"TARSNAP KEY FILE\s[\s#]*[A-Za-z0-9+/]{40}",
    ),
    _hash(b"pbkdf2_", regex=rb"pbkdf2_sha\d+\$([\w.$+/=,-]{30,300})"),
    _hash(b"pbkdf2:sha", regex=rb"pbkdf2:sha\d+:\d+\$(\w{4,40}\$[0-9a-f]{40,200})"),
    _hash(b"pbkdf2-", regex=rb"pbkdf2-([0-9a-f]{40,200}),"),
    _hash(b"pbkdf2.sha", regex=rb"pbkdf2\.sha512\.\d+\.([0-9A-F]{32,1024})"),
    _hash(b"scrypt:", regex=rb"scrypt:\d+:\d+:\d+\$(\w{4,40}\$[0-9a-f]{40,200})"),
    _hash(b"scram-sha-", regex=rb"SCRAM-SHA-(?:1|256|512)\$\d+:([A-Za-z0-9+/=]{16,100}\$)"),
    _hash(b"sha1:", regex=rb"sha1:[0-9a-f]{12}:([0-9a-f]{40})\b"),
    _hash(b"'*", b'"*', regex=rb"[\"']\*([0-9A-F]{40})[\"']"),
    _hash(b'"md5', b"'md5", regex=rb"[\"']md5([0-9a-f]{32})[\"']"),
    _hash(b"{aqaaab", regex=rb"\{(AQAAABAAA[A-Za-z0-9+/=]{20,200})\}"),
    _hash(b"obf:", regex=rb"\bOBF:([a-z0-9]{16,200})"),
    _hash(
        b'credentials"',
        regex=rb"credentials\"\s*:\s*\{\s*\"[^\"]{1,80}\"\s*:\s*\"("
        + _B64
        + rb"{43}= "
        + _B64
        + rb"{40,}={0,2})\"",
    ),
    _own(
        "a secret in a setting",
        b"cookie",
        entropy=3,
        regex=rb"cookie[\"']?\s*(?:=>|[=:,])\s*[\"']?"
        rb"((?-i:[A-Z]{20}|(?=[A-Za-z+/=-]*\d)[\w+/=-]{20,128}))\b",
    ),
    _own(
        "a secret in a setting",
        b"kek",
        b"seed",
        entropy=3,
        regex=rb"(?:\bkek|seed)[\"']?\s*(?:=>|[=:,])\s*[\"']?"
        rb"((?-i:[A-Z2-7]{26,58}|[0-9a-f]{32,128}|[A-Za-z0-9+/]{42,88}={0,2}))(?![\w+/])",
    ),
    _own(
        "a key of a BMC", b"k_g", b"k_r", regex=rb"(?m:^[ \t]*)k_[gr][ \t=:]+(0x[0-9a-f]{14,40})\b"
    ),
    _own(
        "a cookie of Erlang",
        b"setcookie",
        regex=rb"-setcookie\s+['\"]?([\w@.+-]{14,256})",
        entropy=2.5,
    ),
    _own(
        "a key for DNS updates (TSIG)",
        b"nsupdate",
        regex=rb"nsupdate\s[^\n]{0,60}?-y\s+['\"]?[\w.:-]{1,80}:(" + _B64 + rb"{16,}={0,2})",
    ),
    _own("a key of a console", b"setkey(", entropy=3, regex=rb"setKey\([\"'](" + _B64 + rb"{43}=)"),
    _own(
        "a key of a Tor client",
        b":descriptor:x25519:",
        private=True,
        regex=rb":descriptor:x25519:[A-Z2-7]{52}",
    ),
    _own(
        "a secret of SoftEther",
        b"byte ",
        entropy=3,
        regex=rb"\bbyte \w{0,40}(?:Password|Key|Secret)\w{0,20} (" + _B64 + rb"{20,}={0,2})",
    ),
    _own(
        "a key of fwknop",
        b"key_base64",
        entropy=3,
        regex=rb"KEY_BASE64\s+(" + _B64 + rb"{20,}={0,2})",
    ),
    _own(
        "a token of a client",
        b"authenticator",
        entropy=3,
        regex=rb"<authenticator>([0-9a-f_]{32,200})<",
    ),
    _own(
        "a WireGuard private key",
        b"privatekey",
        private=True,
        regex=rb"PrivateKey[\"']?\s*[=:]\s*[\"']?" + _B64 + rb"{43}=",
    ),
    _own(
        "a key of a gossip protocol",
        b"encrypt",
        entropy=3,
        regex=rb"encrypt[\"']?\s*[=:]\s*[\"']?(" + _B64 + rb"{22,44}={0,2})[\"'\s]",
    ),
    _own(
        "a key for DNS updates (TSIG)",
        b"secret",
        regex=rb"secret\s+\"?(" + _B64 + rb"{16,}={0,2})\"?\s*;",
    ),
    _own(
        "a WireGuard shared key",
        b"presharedkey",
        regex=rb"PresharedKey[\"']?\s*[=:]\s*[\"']?" + _B64 + rb"{43}=",
    ),
    _own(
        "an age private key",
        b"age-secret-key-1",
        b"age-plugin-",
        private=True,
        regex=rb"AGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9-]{1,20})-1[A-Z0-9]{20}",
    ),
    _own("a key of a wallet", b"xprv", private=True, regex=rb"\bxprv[1-9A-HJ-NP-Za-km-z]{100,}"),
    _own(
        "a minisign or signify private key",
        b"secret key",
        private=True,
        regex=rb"secret key[^\n]{0,80}\nRW" + _B64 + rb"{40}",
    ),
    _own("a borg key", b"borg_key", private=True, regex=rb"\bBORG_KEY [0-9a-f]{64}"),
    _own(
        "an identity of ZeroTier",
        b":0:",
        private=True,
        regex=rb"\b[0-9a-f]{10}:0:[0-9a-f]{128}:[0-9a-f]{128}\b",
    ),
    _own(
        "a private key in a kubeconfig",
        b"client-key-data",
        private=True,
        regex=rb"client-key-data[\"']?\s*:\s*[\"']?" + _B64 + rb"{40}",
    ),
    _own(
        "a signing key of Matrix",
        b"ed25519",
        private=True,
        regex=rb"ed25519 a_\w{4,10} " + _B64 + rb"{43}\b",
    ),
    _own("a token in docker's form", b"identitytoken", regex=rb"identitytoken\"\s*:\s*\"[^\"]{8,}"),
    _own("a login of npm", b"_auth", regex=rb"\b_auth\s*=\s*[\"']?(" + _B64 + rb"{8,}={0,2})"),
    _own(
        "a join token of Docker swarm", b"swmtkn-1-", regex=rb"SWMTKN-1-[0-9a-z]{40,}-[0-9a-z]{20,}"
    ),
    _own(
        "a join token of Kubernetes",
        b"token",
        regex=rb"token[\"']?[ =:]+[\"']?([a-z0-9]{6}\.[a-z0-9]{16})\b",
    ),
    _own("a join token of K3s", b"k10", regex=rb"\bK10[0-9a-f]{64}::\w+:\w+"),
    _own(
        "a key for one-time passwords",
        b"otpauth",
        regex=rb"otpauth://\w+/[^\s\"']{1,200}secret=([A-Z2-7]{8,})",
    ),
    _own(
        "a key for one-time passwords",
        b"hotp",
        regex=rb"\bHOTP(?:/[\w/]{1,12})?[ \t]+\S+[ \t]+\S+[ \t]+([0-9a-f]{20,})",
    ),
    _own("a key of Ceph", b"key", regex=rb"\bkey\s*[=:]\s*[\"']?(A[QAg]" + _B64 + rb"{36}==)"),
    _own(
        "a key of Azure storage", b"accountkey", regex=rb"AccountKey=(" + _B64 + rb"{60,88}={0,2})"
    ),
    _own(
        "a key of an Azure service",
        b"sharedaccesskey",
        regex=rb"SharedAccessKey=(" + _B64 + rb"{43}=)",
    ),
    _own("a signed address of Azure", b"sig=", regex=rb"\bsig=([A-Za-z0-9%+/]{40,}(?:=|%3D))"),
    _own(
        "a secret key of AWS",
        b"aws",
        regex=rb"aws.{0,40}?(?:secret|sk)\w{0,30}[\"']?\s*[=:]\s*[\"']?("
        + _B64
        + rb"{40})(?![A-Za-z0-9+/=])",
        entropy=3,
    ),
    _own("a client secret of Google", b"gocspx-", regex=rb"GOCSPX-[\w-]{20,}"),
    _own("a refresh token of Google", b"1//0", regex=rb"\b1//0[\w-]{40,}"),
    _own("an access token of Google", b"ya29.", regex=rb"\bya29\.[\w-]{30,}"),
    _own(
        "a webhook of Discord",
        b"discord",
        regex=rb"discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{40,}",
    ),
    _own("a Telegram bot token", b":aa", regex=rb"\b\d{8,10}:AA[\w-]{33}\b"),
    _own(
        "an unseal key of Vault", b"unseal key", regex=rb"unseal key(?: \d+)?: " + _B64 + rb"{40,}"
    ),
    _own(
        "a password that DPAPI wrapped",
        b"d08c9ddf0115d111",
        regex=rb"d08c9ddf0115d1118c7a00c04fc297eb",
    ),
    _own("a password of a Windows policy", b"cpassword", regex=rb"cpassword=\"[A-Za-z0-9+/=]{16,}"),
    _own("hashes of Samba", b":[u", regex=rb":[0-9A-FX]{32}:[0-9A-F]{32}:\[U"),
    _own("hashes of Windows", b":::", regex=rb":\d+:[0-9a-f]{32}:[0-9a-f]{32}:::"),
    _own(
        "secrets of a TLS session",
        b"client_random",
        regex=rb"CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}",
    ),
    _own("a key of an SNMP user", b"usmuser", regex=rb"usmUser\s+\d+\s+\d+\s+0x[0-9a-f]+\s"),
    _own(
        "a private key in XML",
        b"<inverseq>",
        b"<d>",
        private=True,
        regex=rb"<(?:InverseQ|D)>" + _B64 + rb"{20}",
    ),
    _own(
        "the exponent of a private key",
        b"privateexponent",
        private=True,
        regex=rb"privateExponent[\"']?\s*[:=]\s*[\"']?[0-9A-Fa-f:+/=x]{20,}",
    ),
    _own("a key of Tailscale", b"tskey-", regex=rb"\btskey-[a-z]+-\w{8,}-\w{20,}"),
    _own("a token of Docker Hub", b"dckr_pat_", regex=rb"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    _own("a token of crates.io", b"cio", regex=rb"\bcio[A-Za-z0-9]{32}\b", entropy=3),
    _own("a token of PyPI", b"pypi-ag", regex=rb"\bpypi-AgE[\w-]{50,}"),
    _own("a key of NuGet", b"oy2", regex=rb"\boy2[a-z0-9]{43}\b", entropy=3),
    _own(
        "a token of GitLab",
        b"gl",
        regex=rb"\bgl(?:ptt|cbt|soat|dt|rt|ft|imt|agent|oas|pat)-[\w-]{20,}",
    ),
    _own("a token of Atlassian", b"atc", regex=rb"\bAT(?:CTT3|BB)[\w=-]{20,}"),
    _own("a secret of a webhook", b"whsec_", regex=rb"\bwhsec_[A-Za-z0-9+/]{24,}"),
)
