"""The games service's first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20241206_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"], unique=False)
    op.create_table(
        "booked_grant",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_booked_grant")),
    )
    op.create_table(
        "campaign",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_created_at"), "campaign", ["created_at"], unique=False)
    op.create_table(
        "feature_config",
        sa.Column("feature_type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("page_path", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feature_type", name=op.f("pk_feature_config")),
    )
    op.create_table(
        "feature_revision",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_feature_revision_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_revision")),
    )
    op.create_table(
        "fulfilment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fulfilled_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('PENDING', 'FULFILLED', 'CANCELLED')", name=op.f("ck_fulfilment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment")),
        sa.UniqueConstraint("source_id", name=op.f("uq_fulfilment_source_id")),
    )
    op.create_index(
        "ix_fulfilment_pending", "fulfilment", ["id"], unique=False, postgresql_where=sa.text("state = 'PENDING'")
    )
    op.create_index("ix_fulfilment_user_id_id", "fulfilment", ["user_id", "id"], unique=False)
    op.create_index(
        "ix_fulfilment_created_at",
        "fulfilment",
        ["created_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    )
    op.create_table(
        "game_config",
        sa.Column("game", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("max_daily", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('DRAFT', 'ACTIVE', 'RETIRED')", name=op.f("ck_game_config_state")),
        sa.CheckConstraint("max_daily BETWEEN 0 AND 100000", name=op.f("ck_game_config_max_daily")),
        sa.PrimaryKeyConstraint("game", "version", name=op.f("pk_game_config")),
    )
    op.create_index(
        "uq_game_config_active", "game_config", ["game"], unique=True, postgresql_where=sa.text("state = 'ACTIVE'")
    )
    op.create_table(
        "idempotency",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "route", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "lottery_stock",
        sa.Column("prize_key", sa.Text(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"left" >= 0', name=op.f("ck_lottery_stock_left")),
        sa.CheckConstraint("issued >= 0", name=op.f("ck_lottery_stock_issued")),
        sa.PrimaryKeyConstraint("prize_key", name=op.f("pk_lottery_stock")),
    )
    op.create_index(
        "ix_lottery_stock_exhausted",
        "lottery_stock",
        ["prize_key"],
        unique=False,
        postgresql_where=sa.text('"left" = 0'),
    )
    op.create_table(
        "lottery_stock_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("prize_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=True),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'restocked', 'exhausted', 'refilled')", name=op.f("ck_lottery_stock_event_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery_stock_event")),
    )
    op.create_index("ix_lottery_stock_event_created_at_id", "lottery_stock_event", ["created_at", "id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_table(
        "player",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("client_seed", sa.Text(), nullable=False),
        sa.Column("client_seed_source", sa.Text(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("client_seed_source IN ('default', 'player')", name=op.f("ck_player_client_seed_source")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_player_balance")),
        sa.CheckConstraint("nonce >= 0", name=op.f("ck_player_nonce")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_player")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "revealed_seed_pair",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("client_seed", sa.Text(), nullable=False),
        sa.Column("client_seed_source", sa.Text(), nullable=False),
        sa.Column("plays", sa.BigInteger(), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "pair", name=op.f("pk_revealed_seed_pair")),
    )
    op.create_table(
        "reward_ledger",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_reward_ledger_balance_after")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_ledger")),
        sa.UniqueConstraint("source_id", name=op.f("uq_reward_ledger_source_id")),
    )
    op.create_index("ix_reward_ledger_user_id_id", "reward_ledger", ["user_id", "id"], unique=False)
    op.create_index(
        "ix_reward_ledger_created_at",
        "reward_ledger",
        ["created_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    )
    op.create_table(
        "user_event_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_user_event_log")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index("ix_user_event_log_user_id_created_at", "user_event_log", ["user_id", "created_at"], unique=False)
    op.create_table(
        "feature_schedule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feature_type"],
            ["feature_config.feature_type"],
            name=op.f("fk_feature_schedule_feature_type"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_schedule")),
        sa.UniqueConstraint("date", name=op.f("uq_feature_schedule_date")),
    )
    op.create_table(
        "campaign_grant",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("granted_by", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_campaign_grant_amount")),
        sa.CheckConstraint("type IN ('POINT', 'COUPON', 'ITEM')", name=op.f("ck_campaign_grant_type")),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaign.name"], name=op.f("fk_campaign_grant_campaign"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_campaign_grant")),
        sa.UniqueConstraint("campaign", "user_id", "ref", name=op.f("uq_campaign_grant_campaign_user_id_ref")),
    )
    op.create_table(
        "game_outcome",
        sa.Column("game", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("is_jackpot", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("reward_type", sa.Text(), nullable=False),
        sa.Column("reward_amount", sa.Integer(), nullable=False),
        sa.Column("reward_sku", sa.Text(), nullable=True),
        sa.Column("reward_label", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "game <> 'dice' OR key IN ('WIN', 'DRAW', 'LOSE')", name=op.f("ck_game_outcome_dice_result")
        ),
        sa.CheckConstraint(
            "game <> 'roulette' OR key IN ('0', '1', '2', '3', '4', '5')", name=op.f("ck_game_outcome_roulette_slot")
        ),
        sa.CheckConstraint(
            "reward_type IN ('POINT', 'COUPON', 'ITEM', 'XP', 'NONE')", name=op.f("ck_game_outcome_reward_type")
        ),
        sa.CheckConstraint("reward_amount >= 0", name=op.f("ck_game_outcome_reward_amount")),
        sa.CheckConstraint("weight BETWEEN 0 AND 1000000000", name=op.f("ck_game_outcome_weight")),
        sa.ForeignKeyConstraint(
            ["game", "version"],
            ["game_config.game", "game_config.version"],
            name=op.f("fk_game_outcome_game_version"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("game", "version", "key", name=op.f("pk_game_outcome")),
    )
    op.create_table(
        "game_activation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("game", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["game", "version"],
            ["game_config.game", "game_config.version"],
            name=op.f("fk_game_activation_game_version"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_game_activation")),
    )
    op.create_index("ix_game_activation_game_id", "game_activation", ["game", "id"], unique=False)
    op.create_table(
        "play",
        sa.Column("play_id", sa.Uuid(), nullable=False),
        sa.Column("game", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("outcome_key", sa.Text(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reward", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=True),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("used_today", sa.Integer(), nullable=False),
        sa.Column("max_daily", sa.Integer(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["game", "config_version"],
            ["game_config.game", "game_config.version"],
            name=op.f("fk_play_game_config_version"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("play_id", "game", name=op.f("pk_play")),
        postgresql_partition_by="LIST (game)",
    )
    op.create_index("ix_play_user_id_created_at", "play", ["user_id", "created_at"], unique=False)
    op.create_index(
        "ix_play_day", "play", ["day"], unique=False, postgresql_using="brin", postgresql_with={"autosummarize": True}
    )
    op.create_index(
        "uq_play_idempotency_key",
        "play",
        ["game", "user_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    _create_partitions()
    _let_the_app_keep_the_log()
    _name_features()


def _create_partitions() -> None:
    op.execute("CREATE TABLE user_event_log_default PARTITION OF user_event_log DEFAULT")
    for game in ("roulette", "dice", "lottery"):
        op.execute(f"CREATE TABLE {game}_log PARTITION OF play FOR VALUES IN ('{game}')")
    op.execute("CREATE TABLE play_default PARTITION OF play DEFAULT")
    op.execute(
        "ALTER TABLE dice_log ADD CONSTRAINT ck_dice_log_faces CHECK ("
        "(outcome->'user_dice'->>0)::int BETWEEN 1 AND 6 AND (outcome->'user_dice'->>1)::int BETWEEN 1 AND 6"
        " AND (outcome->'dealer_dice'->>0)::int BETWEEN 1 AND 6 AND (outcome->'dealer_dice'->>1)::int BETWEEN 1 AND 6)"
    )


def _let_the_app_keep_the_log() -> None:
    """Two functions that run with the owner's rights: the app role may drop old months and make new ones, no more.

    Nobody but owner and app role can connect to this database, so everybody may call them. A new month is made apart
    and attached, which lets plays go on; dropping one stops them for the moment it takes.
    """
    settings = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '200ms'"
    op.execute(f"""
        CREATE FUNCTION drop_oldest_event_log_month(months_kept int) RETURNS text LANGUAGE plpgsql {settings} AS $$
        DECLARE
            this_month timestamp := date_trunc('month', transaction_timestamp() AT TIME ZONE 'UTC');
            first_kept text := to_char(this_month - make_interval(months => greatest(months_kept, 3)), 'YYYYMM');
            oldest text := (
                SELECT min(c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'public.user_event_log'::regclass AND c.relname ~ '^user_event_log_[0-9]{{6}}$'
            );
        BEGIN
            IF oldest >= 'user_event_log_' || first_kept OR oldest IS NULL THEN
                RETURN NULL;
            END IF;
            EXECUTE format('DROP TABLE public.%I', oldest);
            RETURN oldest;
        END $$
    """)
    op.execute(f"""
        CREATE FUNCTION make_next_event_log_month() RETURNS text LANGUAGE plpgsql {settings} SET timezone = 'UTC' AS $$
        DECLARE
            first timestamptz;
            month text;
        BEGIN
            FOR ahead IN 0..12 LOOP
                first := date_trunc('month', transaction_timestamp()) + make_interval(months => ahead);
                month := 'user_event_log_' || to_char(first, 'YYYYMM');
                -- A month whose rows lie in the default partition stays there: moving them would lock the log.
                IF to_regclass('public.' || month) IS NULL AND NOT EXISTS (
                    SELECT FROM public.user_event_log_default
                    WHERE created_at >= first AND created_at < first + interval '1 month'
                ) THEN
                    EXECUTE format('CREATE TABLE public.%I (LIKE public.user_event_log)', month);
                    EXECUTE format(
                        'ALTER TABLE public.user_event_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                        month, first, first + interval '1 month'
                    );
                    RETURN month;
                END IF;
            END LOOP;
            RETURN NULL;
        END $$
    """)


def _name_features() -> None:
    """Every feature there is, enabled; operators rename them and switch them off."""
    for feature, title in (
        ("ROULETTE", "Roulette"),
        ("DICE", "Dice"),
        ("LOTTERY", "Lottery"),
        ("RANKING", "Daily ranking"),
        ("SEASON_PASS", "Season pass"),
    ):
        path = "/" + feature.lower().replace("_", "-")
        op.execute(
            "INSERT INTO feature_config (feature_type, title, page_path, is_enabled, updated_at)"
            f" VALUES ('{feature}', '{title}', '{path}', true, '2024-12-06T00:00:00Z')"
        )
    op.execute("INSERT INTO feature_revision (id, revision) VALUES (1, 0)")


def downgrade() -> None:
    op.execute("DROP FUNCTION make_next_event_log_month()")
    op.execute("DROP FUNCTION drop_oldest_event_log_month(int)")
    op.drop_index("uq_play_idempotency_key", table_name="play", postgresql_where=sa.text("idempotency_key IS NOT NULL"))
    op.drop_index("ix_play_day", table_name="play", postgresql_using="brin")
    op.drop_index("ix_play_user_id_created_at", table_name="play")
    op.drop_table("play")
    op.drop_index("ix_game_activation_game_id", table_name="game_activation")
    op.drop_table("game_activation")
    op.drop_table("game_outcome")
    op.drop_table("campaign_grant")
    op.drop_table("feature_schedule")
    op.drop_index("ix_user_event_log_user_id_created_at", table_name="user_event_log")
    op.drop_table("user_event_log")
    op.drop_index("ix_reward_ledger_created_at", table_name="reward_ledger", postgresql_using="brin")
    op.drop_index("ix_reward_ledger_user_id_id", table_name="reward_ledger")
    op.drop_table("reward_ledger")
    op.drop_table("revealed_seed_pair")
    op.drop_table("player")
    op.drop_table("outbox")
    op.drop_index("ix_lottery_stock_event_created_at_id", table_name="lottery_stock_event")
    op.drop_table("lottery_stock_event")
    op.drop_index("ix_lottery_stock_exhausted", table_name="lottery_stock", postgresql_where=sa.text('"left" = 0'))
    op.drop_table("lottery_stock")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index("uq_game_config_active", table_name="game_config", postgresql_where=sa.text("state = 'ACTIVE'"))
    op.drop_table("game_config")
    op.drop_index("ix_fulfilment_created_at", table_name="fulfilment", postgresql_using="brin")
    op.drop_index("ix_fulfilment_user_id_id", table_name="fulfilment")
    op.drop_index("ix_fulfilment_pending", table_name="fulfilment", postgresql_where=sa.text("state = 'PENDING'"))
    op.drop_table("fulfilment")
    op.drop_table("feature_revision")
    op.drop_table("feature_config")
    op.drop_index(op.f("ix_campaign_created_at"), table_name="campaign")
    op.drop_table("campaign")
    op.drop_table("booked_grant")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.drop_table("audit_log")
