# SPDX-License-Identifier: Apache-2.0
"""Late launch."""


def cases():
    """Late-launch cases join here."""
    return []
