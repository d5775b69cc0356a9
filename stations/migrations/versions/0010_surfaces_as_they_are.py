"""Kept surfaces are zipped already: trying to press them once more took most of writing one."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.execute("ALTER TABLE coverage_results ALTER COLUMN surface SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Take it back."""
    op.execute("ALTER TABLE coverage_results ALTER COLUMN surface SET STORAGE EXTENDED")
