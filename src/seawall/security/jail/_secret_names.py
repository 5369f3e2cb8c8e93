"""Names whose content is a secret on most machines: the built-in deny list, as gitignore patterns.

Sources: the default locations in the manuals of OpenSSH, GnuPG, AWS CLI, Google Cloud SDK, Azure CLI, Docker,
kubectl, npm, PyPI, Cargo, RubyGems, git, GitHub CLI, PostgreSQL, MySQL, Terraform, Vault, rclone, s3cmd, gsutil, pass and KeePass.
"""

from __future__ import annotations

__all__ = ["SECRET_NAMES"]

_NAMES: tuple[str, ...] = (
    # Environment files; the examples that projects commit on purpose stay readable.
    ".env",
    ".env.*",
    "!.env.example",
    "!.env.sample",
    "!.env.template",
    "!.env.dist",
    "*.env",
    "!example.env",
    "!sample.env",
    "!template.env",
    ".envrc",
    # Private keys and stores of keys.
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.kdb",
    "*.kdbx",
    "*.agekey",
    "*.keychain",
    "*.keychain-db",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
    ".ssh",
    ".gnupg",
    ".password-store",
    # Secrets that applications keep beside their code, and state that contains them in the clear.
    "secrets.yaml",
    "secrets.yml",
    "secrets.json",
    "secrets.toml",
    "credentials.json",
    "*.tfstate",
    "*.tfstate.*",
    # What was typed, passwords on command lines included.
    ".*_history",
    # Credentials of tools, wherever a home directory or a copy of one lies.
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".mylogin.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".terraformrc",
    ".vault-token",
    ".s3cfg",
    ".boto",
    ".azure",
    "kubeconfig",
    "**/.aws/credentials",
    "**/.aws/config",
    "**/.aws/sso/cache",
    "**/.aws/cli/cache",
    "**/.config/gcloud",
    "**/.config/gh/hosts.yml",
    "**/.config/git/credentials",
    "**/.config/rclone/rclone.conf",
    "**/.cargo/credentials",
    "**/.cargo/credentials.toml",
    "**/.docker/config.json",
    "**/.gem/credentials",
    "**/.kube/config",
    "**/.kube/cache",
    # A remote's URL may hold a token; hooks and configuration also run whatever was written into them.
    "**/.git/config",
    "**/.git/config.worktree",
    "**/.git/hooks",
    "**/.git/modules/**/config",
    "**/.git/modules/**/hooks",
)

# What editors and people leave beside a file that they change. Each costs time at every name, so only the most usual.
_COPIES: tuple[str, ...] = ("{}~", ".{}.sw[a-p]", "{}.bak", "{}.backup", "{}.old", "{}.orig", "{}.save")

_COPIED: tuple[str, ...] = (
    ".env",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.kdbx",
    "id_rsa",
    "id_ecdsa",
    "id_ed25519",
    "secrets.yaml",
    "secrets.yml",
    "secrets.json",
    "credentials.json",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
)

SECRET_NAMES: tuple[str, ...] = (*_NAMES, *(form.format(name) for name in _COPIED for form in _COPIES))
