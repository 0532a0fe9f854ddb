--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: access_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.access_key (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    sealed_secret bytea NOT NULL,
    read_only boolean NOT NULL,
    enabled boolean NOT NULL,
    created bigint NOT NULL
);


--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: account_quota; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account_quota (
    account_id text NOT NULL COLLATE pg_catalog."C",
    quota text NOT NULL COLLATE pg_catalog."C",
    quota_limit integer NOT NULL
);


--
-- Name: alias; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alias (
    line_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    image_id text NOT NULL COLLATE pg_catalog."C",
    moved bigint NOT NULL
);


--
-- Name: alias_move; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alias_move (
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    line text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    act text NOT NULL COLLATE pg_catalog."C",
    image_id text COLLATE pg_catalog."C",
    image_name text COLLATE pg_catalog."C",
    moved bigint NOT NULL,
    moved_by text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: binned_image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.binned_image (
    image_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    line text NOT NULL COLLATE pg_catalog."C",
    deleted bigint NOT NULL,
    ends bigint NOT NULL
);


--
-- Name: boot_evidence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.boot_evidence (
    image_id text NOT NULL COLLATE pg_catalog."C",
    reported bigint NOT NULL,
    took_millis bigint NOT NULL,
    compressed_console bytea NOT NULL,
    screen bytea
);


--
-- Name: catalogue_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catalogue_file (
    channel text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    object text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: changelog; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.changelog (
    hash text NOT NULL COLLATE pg_catalog."C",
    compressed_json bytea NOT NULL,
    read_at bigint NOT NULL
);


--
-- Name: changelog_package; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.changelog_package (
    hash text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    source_version text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: channel; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel (
    name text NOT NULL COLLATE pg_catalog."C",
    definition text NOT NULL COLLATE pg_catalog."C",
    snapshot text COLLATE pg_catalog."C",
    state text COLLATE pg_catalog."C",
    revision bigint NOT NULL
);


--
-- Name: channel_revision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel_revision (
    revision bigint NOT NULL
);


--
-- Name: channel_secret; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel_secret (
    path text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: channel_snapshot; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel_snapshot (
    channel text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL,
    digest text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: console_login_code; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.console_login_code (
    code_hash text NOT NULL COLLATE pg_catalog."C",
    key_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    expires bigint NOT NULL
);


--
-- Name: console_session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.console_session (
    id text NOT NULL COLLATE pg_catalog."C",
    token_hash text NOT NULL COLLATE pg_catalog."C",
    previous_hash text COLLATE pg_catalog."C",
    rotated bigint NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL,
    last_seen bigint NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    browser text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: console_view; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.console_view (
    account_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    query text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: cve_source; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cve_source (
    cve text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: deprecated_image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deprecated_image (
    image_id text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL
);


--
-- Name: disk; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.disk (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    origin text NOT NULL COLLATE pg_catalog."C",
    format text NOT NULL COLLATE pg_catalog."C",
    object text NOT NULL COLLATE pg_catalog."C",
    received bigint NOT NULL,
    packed text COLLATE pg_catalog."C"
);


--
-- Name: disk_removal; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.disk_removal (
    disk_id text NOT NULL COLLATE pg_catalog."C",
    uploads_only boolean NOT NULL
);


--
-- Name: event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    happened bigint NOT NULL,
    payload text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: event_number; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event_number (
    last bigint NOT NULL
);


--
-- Name: export_statement; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_statement (
    account_id text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL COLLATE pg_catalog."C",
    image_name text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL,
    compressed_envelope bytea NOT NULL,
    compressed_bill bytea NOT NULL,
    by_reader boolean DEFAULT false NOT NULL
);


--
-- Name: export_task; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_task (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    image_id text NOT NULL COLLATE pg_catalog."C",
    image_arn text NOT NULL COLLATE pg_catalog."C",
    ami_name text NOT NULL COLLATE pg_catalog."C",
    ami_description text COLLATE pg_catalog."C",
    ami_id text NOT NULL COLLATE pg_catalog."C",
    tags text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    failure text COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: feed; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feed (
    name text NOT NULL COLLATE pg_catalog."C",
    settings text NOT NULL COLLATE pg_catalog."C",
    snapshot text COLLATE pg_catalog."C",
    snapshot_at bigint,
    verified text COLLATE pg_catalog."C",
    attempted_at bigint,
    checked_at bigint,
    error text COLLATE pg_catalog."C",
    validators text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: feed_facts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feed_facts (
    feed text NOT NULL COLLATE pg_catalog."C",
    platform text NOT NULL COLLATE pg_catalog."C",
    snapshot text NOT NULL COLLATE pg_catalog."C",
    issues integer NOT NULL,
    compressed_json bytea NOT NULL
);


--
-- Name: flattening; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flattening (
    id text NOT NULL COLLATE pg_catalog."C",
    image_id text NOT NULL COLLATE pg_catalog."C",
    image_name text NOT NULL COLLATE pg_catalog."C",
    old_layer_id text NOT NULL COLLATE pg_catalog."C",
    depth integer NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    failure text COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: flyway_schema_history; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flyway_schema_history (
    installed_rank integer NOT NULL,
    version character varying(50),
    description character varying(200) NOT NULL,
    type character varying(20) NOT NULL,
    script character varying(1000) NOT NULL,
    checksum integer,
    installed_by character varying(100) NOT NULL,
    installed_on timestamp without time zone DEFAULT now() NOT NULL,
    execution_time integer NOT NULL,
    success boolean NOT NULL
);


--
-- Name: image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    base_image_arn text COLLATE pg_catalog."C",
    display_name text COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    reason_code text COLLATE pg_catalog."C",
    reason_message text COLLATE pg_catalog."C",
    errors text NOT NULL COLLATE pg_catalog."C",
    visibility text NOT NULL COLLATE pg_catalog."C",
    image_type text NOT NULL COLLATE pg_catalog."C",
    image_builder_supported boolean NOT NULL,
    platform text COLLATE pg_catalog."C",
    applications text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL,
    base_image_released bigint,
    agent_version text COLLATE pg_catalog."C",
    allow_fleet boolean NOT NULL,
    allow_image_builder boolean NOT NULL,
    instance_families text NOT NULL COLLATE pg_catalog."C",
    dynamic_app_providers boolean NOT NULL,
    managed_software boolean NOT NULL,
    layer_id text COLLATE pg_catalog."C",
    inventory_digest text COLLATE pg_catalog."C",
    disk_layout text COLLATE pg_catalog."C",
    previous_id text COLLATE pg_catalog."C",
    previous_name text COLLATE pg_catalog."C",
    snapshot_digest text COLLATE pg_catalog."C",
    qualification text COLLATE pg_catalog."C",
    published_by text COLLATE pg_catalog."C"
);


--
-- Name: image_builder; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_builder (
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    new_image_id text NOT NULL COLLATE pg_catalog."C",
    image_arn text NOT NULL COLLATE pg_catalog."C",
    display_name text COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    instance_type text NOT NULL COLLATE pg_catalog."C",
    platform text NOT NULL COLLATE pg_catalog."C",
    agent_version text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: image_copy; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_copy (
    image_id text NOT NULL COLLATE pg_catalog."C",
    source_image_id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: image_fixes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_fixes (
    image_id text NOT NULL COLLATE pg_catalog."C",
    compressed_json bytea NOT NULL
);


--
-- Name: image_history; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_history (
    image_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    platform text NOT NULL COLLATE pg_catalog."C",
    inventory_id integer NOT NULL,
    created bigint NOT NULL,
    deleted bigint
);


--
-- Name: image_import; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_import (
    image_id text NOT NULL COLLATE pg_catalog."C",
    disk_id text NOT NULL COLLATE pg_catalog."C",
    agent_software_version text COLLATE pg_catalog."C",
    validated boolean NOT NULL,
    intended_instance_type text COLLATE pg_catalog."C",
    ended boolean NOT NULL,
    asked_by text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: image_share; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_share (
    image_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    allow_fleet boolean NOT NULL,
    allow_image_builder boolean NOT NULL,
    region text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: indexed_inventory; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.indexed_inventory (
    id integer NOT NULL,
    digest text NOT NULL COLLATE pg_catalog."C",
    whole boolean NOT NULL
);


--
-- Name: inventory; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inventory (
    digest text NOT NULL COLLATE pg_catalog."C",
    compressed_json bytea NOT NULL
);


--
-- Name: inventory_form; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inventory_form (
    inventory_digest text NOT NULL COLLATE pg_catalog."C",
    setting text NOT NULL COLLATE pg_catalog."C",
    packages bytea NOT NULL
);


--
-- Name: job_step; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_step (
    job_id text NOT NULL COLLATE pg_catalog."C",
    attempt integer NOT NULL,
    ordinal integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    progress double precision NOT NULL,
    detail text NOT NULL COLLATE pg_catalog."C",
    started bigint NOT NULL,
    ended bigint
);


--
-- Name: known_package; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.known_package (
    id integer NOT NULL,
    facts_sha256 text NOT NULL COLLATE pg_catalog."C",
    facts text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: layer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.layer (
    id text NOT NULL COLLATE pg_catalog."C",
    base_id text COLLATE pg_catalog."C",
    bytes bigint NOT NULL,
    virtual_bytes bigint NOT NULL,
    sha256 text NOT NULL COLLATE pg_catalog."C",
    attempt integer DEFAULT 1 NOT NULL,
    scrubbed bigint DEFAULT 0 NOT NULL
);


--
-- Name: line; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.line (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: line_image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.line_image (
    image_id text NOT NULL COLLATE pg_catalog."C",
    line_id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: master_key_proof; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.master_key_proof (
    sealed bytea NOT NULL
);


--
-- Name: migrated_object; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migrated_object (
    name text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migration (
    source text NOT NULL COLLATE pg_catalog."C",
    begun bigint NOT NULL,
    finished bigint
);


--
-- Name: node; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.node (
    name text NOT NULL COLLATE pg_catalog."C",
    directory text NOT NULL COLLATE pg_catalog."C",
    instance text NOT NULL COLLATE pg_catalog."C",
    host text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL,
    heartbeat bigint NOT NULL,
    stopped bigint NOT NULL,
    workers integer NOT NULL,
    abilities bigint NOT NULL,
    free_bytes bigint NOT NULL,
    accelerator text NOT NULL COLLATE pg_catalog."C",
    isolation text NOT NULL COLLATE pg_catalog."C",
    store text NOT NULL COLLATE pg_catalog."C",
    draining boolean DEFAULT false NOT NULL
);


--
-- Name: notice; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notice (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    spec text NOT NULL COLLATE pg_catalog."C",
    sealed_secret bytea NOT NULL,
    seen bigint NOT NULL,
    delivered bigint NOT NULL,
    given_up bigint NOT NULL,
    problem text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL
);


--
-- Name: notice_delivery; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notice_delivery (
    notice_id text NOT NULL COLLATE pg_catalog."C",
    event bigint NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    attempts integer NOT NULL,
    next_try bigint NOT NULL
);


--
-- Name: package_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_file (
    hash text NOT NULL COLLATE pg_catalog."C",
    object text NOT NULL COLLATE pg_catalog."C",
    used bigint NOT NULL
);


--
-- Name: package_inventories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_inventories (
    package_id bigint NOT NULL,
    block integer NOT NULL,
    members bytea NOT NULL
);


--
-- Name: package_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.package_version (
    id bigint NOT NULL,
    platform text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    architecture text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    source_version text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: person; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.person (
    key_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    issuer text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: quota_use; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quota_use (
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    images bigint DEFAULT 0 NOT NULL
);


--
-- Name: registry; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.registry (
    id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: retention; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.retention (
    line_id text NOT NULL COLLATE pg_catalog."C",
    keep_images integer NOT NULL,
    keep_age bigint NOT NULL,
    deprecated_time bigint NOT NULL,
    undo_time bigint NOT NULL,
    enabled boolean NOT NULL,
    changed bigint NOT NULL,
    last_run bigint
);


--
-- Name: retired_layer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.retired_layer (
    layer_id text NOT NULL COLLATE pg_catalog."C",
    replaced_by text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: revocation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revocation (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    image_id text COLLATE pg_catalog."C",
    image_name text COLLATE pg_catalog."C",
    package text COLLATE pg_catalog."C",
    versions text COLLATE pg_catalog."C",
    descendants boolean NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL,
    created_by text NOT NULL COLLATE pg_catalog."C",
    undone bigint,
    undone_by text COLLATE pg_catalog."C"
);


--
-- Name: revoked_image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revoked_image (
    revocation_id text NOT NULL COLLATE pg_catalog."C",
    image_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    relation text NOT NULL COLLATE pg_catalog."C",
    cause text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: ring; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ring (
    id text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    source text COLLATE pg_catalog."C",
    snapshot_digest text COLLATE pg_catalog."C",
    since bigint,
    least_qualified integer NOT NULL,
    least_age bigint NOT NULL,
    created bigint NOT NULL
);


--
-- Name: ring_line; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ring_line (
    line_id text NOT NULL COLLATE pg_catalog."C",
    ring_id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: ring_move; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ring_move (
    channel text NOT NULL COLLATE pg_catalog."C",
    ring text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    act text NOT NULL COLLATE pg_catalog."C",
    source text COLLATE pg_catalog."C",
    from_snapshot text COLLATE pg_catalog."C",
    to_snapshot text COLLATE pg_catalog."C",
    moved bigint NOT NULL,
    moved_by text NOT NULL COLLATE pg_catalog."C",
    override_reason text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: ring_verdict; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ring_verdict (
    ring_id text NOT NULL COLLATE pg_catalog."C",
    inventory_digest text NOT NULL COLLATE pg_catalog."C",
    platform text NOT NULL COLLATE pg_catalog."C",
    basis text NOT NULL COLLATE pg_catalog."C",
    judged_at bigint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    snapshot_digest text COLLATE pg_catalog."C",
    outdated_since bigint,
    changes integer NOT NULL,
    security_changes integer NOT NULL,
    fixable_cves integer NOT NULL,
    fixable_kernel_cves integer NOT NULL,
    fixable_unknown integer NOT NULL,
    changelogs_at bigint NOT NULL,
    open_cves integer,
    open_kernel_cves integer,
    wont_fix_cves integer,
    exploited_cves integer,
    support_ends bigint,
    long_support_ends bigint,
    unsupported_packages integer
);


--
-- Name: schedule; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedule (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    region text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    spec text NOT NULL COLLATE pg_catalog."C",
    enabled boolean NOT NULL,
    disabled_why text NOT NULL COLLATE pg_catalog."C",
    seen bigint NOT NULL,
    failures integer NOT NULL,
    created bigint NOT NULL
);


--
-- Name: schedule_decision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedule_decision (
    schedule_id text NOT NULL COLLATE pg_catalog."C",
    due bigint NOT NULL,
    line text NOT NULL COLLATE pg_catalog."C",
    ordinal integer NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    image_name text NOT NULL COLLATE pg_catalog."C",
    snapshot text NOT NULL COLLATE pg_catalog."C",
    changes integer NOT NULL,
    new_image text NOT NULL COLLATE pg_catalog."C",
    new_image_id text NOT NULL COLLATE pg_catalog."C",
    decided bigint NOT NULL
);


--
-- Name: schedule_run; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedule_run (
    schedule_id text NOT NULL COLLATE pg_catalog."C",
    due bigint NOT NULL,
    began bigint NOT NULL,
    asked_by text NOT NULL COLLATE pg_catalog."C",
    note text NOT NULL COLLATE pg_catalog."C",
    ended bigint
);


--
-- Name: scheduled_tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.scheduled_tasks (
    task_name text NOT NULL COLLATE pg_catalog."C",
    task_instance text NOT NULL COLLATE pg_catalog."C",
    task_data bytea,
    execution_time timestamp with time zone NOT NULL,
    picked boolean NOT NULL,
    picked_by text COLLATE pg_catalog."C",
    last_success timestamp with time zone,
    last_failure timestamp with time zone,
    consecutive_failures integer,
    last_heartbeat timestamp with time zone,
    version bigint NOT NULL,
    priority smallint,
    attempts integer DEFAULT 0 NOT NULL,
    needs bigint DEFAULT 0 NOT NULL,
    needs_bytes bigint DEFAULT 0 NOT NULL,
    cancelled boolean DEFAULT false NOT NULL
);


--
-- Name: schema_floor; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_floor (
    version integer NOT NULL
);


--
-- Name: signing_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.signing_key (
    serial integer NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    public_key bytea NOT NULL,
    sealed_private_key bytea NOT NULL,
    created bigint NOT NULL
);


--
-- Name: snapshot; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.snapshot (
    digest text NOT NULL COLLATE pg_catalog."C",
    kept bigint NOT NULL
);


--
-- Name: snapshot_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.snapshot_file (
    digest text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    object text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: statement; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.statement (
    image_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    compressed_envelope bytea NOT NULL
);


--
-- Name: store_garbage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.store_garbage (
    object text NOT NULL COLLATE pg_catalog."C",
    upload text NOT NULL COLLATE pg_catalog."C",
    seen bigint NOT NULL
);


--
-- Name: store_task; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.store_task (
    name text NOT NULL COLLATE pg_catalog."C",
    begun bigint NOT NULL
);


--
-- Name: stored_object; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stored_object (
    name text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL,
    sha256 text NOT NULL COLLATE pg_catalog."C",
    written bigint NOT NULL,
    scrubbed bigint DEFAULT 0 NOT NULL
);


--
-- Name: tag; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tag (
    resource_arn text NOT NULL COLLATE pg_catalog."C",
    tag_key text NOT NULL COLLATE pg_catalog."C",
    tag_value text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: turn; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.turn (
    name text NOT NULL COLLATE pg_catalog."C",
    holder text NOT NULL COLLATE pg_catalog."C",
    begun bigint NOT NULL
);


--
-- Name: update_announced; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.update_announced (
    image_id text NOT NULL COLLATE pg_catalog."C",
    outdated_since bigint NOT NULL
);


--
-- Name: update_run; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.update_run (
    image_id text NOT NULL COLLATE pg_catalog."C",
    existing_image_id text NOT NULL COLLATE pg_catalog."C",
    existing_image_name text NOT NULL COLLATE pg_catalog."C",
    snapshot_digest text NOT NULL COLLATE pg_catalog."C",
    plan text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    attempt integer NOT NULL,
    created bigint NOT NULL,
    ended bigint,
    options text DEFAULT '{}'::text NOT NULL COLLATE pg_catalog."C",
    asked_by text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: update_step; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.update_step (
    image_id text NOT NULL COLLATE pg_catalog."C",
    attempt integer NOT NULL,
    ordinal integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    progress double precision NOT NULL,
    detail text NOT NULL COLLATE pg_catalog."C",
    started bigint NOT NULL,
    ended bigint
);


--
-- Name: upload; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upload (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    object text NOT NULL COLLATE pg_catalog."C",
    multipart text NOT NULL COLLATE pg_catalog."C",
    declared bigint,
    received bigint DEFAULT 0 NOT NULL,
    digest bytea NOT NULL,
    appender text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    next_part integer DEFAULT 1 NOT NULL,
    begun bigint NOT NULL,
    touched bigint NOT NULL
);


--
-- Name: upload_part; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upload_part (
    upload_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    tag text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL
);


--
-- Name: verdict; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.verdict (
    inventory_digest text NOT NULL COLLATE pg_catalog."C",
    platform text NOT NULL COLLATE pg_catalog."C",
    basis text NOT NULL COLLATE pg_catalog."C",
    judged_at bigint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    snapshot_digest text COLLATE pg_catalog."C",
    outdated_since bigint,
    changes integer NOT NULL,
    security_changes integer NOT NULL,
    fixable_cves integer NOT NULL,
    fixable_kernel_cves integer NOT NULL,
    fixable_unknown integer NOT NULL,
    changelogs_at bigint NOT NULL,
    open_cves integer,
    open_kernel_cves integer,
    wont_fix_cves integer,
    exploited_cves integer,
    support_ends bigint,
    long_support_ends bigint,
    unsupported_packages integer
);


--
-- Data for Name: access_key; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.access_key VALUES ('AKIABHH7X2Z66AC62KQU', '528317039478', '\x24e87f57f36ee26e4a69854ab1e6e94986ef581d9deb2d13101ee16bc71b56a938cc9318933356b8ee84d19043eea700430f35da95bdd7db58f4f6215d72c42866d77a77', false, true, 1796080083619);


--
-- Data for Name: account; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.account VALUES ('528317039478', 'default', 'ACTIVE', 1796080083583);


--
-- Data for Name: account_quota; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: alias; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: alias_move; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: binned_image; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: boot_evidence; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: catalogue_file; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: changelog; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: changelog_package; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: channel; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: channel_revision; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.channel_revision VALUES (0);


--
-- Data for Name: channel_secret; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: channel_snapshot; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: console_login_code; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: console_session; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: console_view; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: cve_source; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: deprecated_image; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: disk; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: disk_removal; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: event; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: event_number; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.event_number VALUES (0);


--
-- Data for Name: export_statement; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: export_task; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: feed; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: feed_facts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: flattening; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: flyway_schema_history; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.flyway_schema_history VALUES (1, '1', 'registry', 'SQL', 'V1__registry.sql', 1906434446, 'regild', '2026-11-30 23:07:57.179514', 189, true);
INSERT INTO public.flyway_schema_history VALUES (2, '10', 'account quota', 'SQL', 'V10__account_quota.sql', 1528368011, 'regild', '2026-11-30 23:07:57.447207', 4, true);
INSERT INTO public.flyway_schema_history VALUES (3, '11', 'published images', 'SQL', 'V11__published_images.sql', 395760232, 'regild', '2026-11-30 23:07:57.485191', 9, true);
INSERT INTO public.flyway_schema_history VALUES (4, '12', 'shares by key', 'SQL', 'V12__shares_by_key.sql', -1171536072, 'regild', '2026-11-30 23:07:57.522232', 6, true);
INSERT INTO public.flyway_schema_history VALUES (5, '20', 'copies', 'SQL', 'V20__copies.sql', 423743075, 'regild', '2026-11-30 23:07:57.555063', 34, true);
INSERT INTO public.flyway_schema_history VALUES (6, '21', 'export tasks', 'SQL', 'V21__export_tasks.sql', 495807688, 'regild', '2026-11-30 23:07:57.620344', 26, true);
INSERT INTO public.flyway_schema_history VALUES (7, '30', 'imports', 'SQL', 'V30__imports.sql', 1612117249, 'regild', '2026-11-30 23:07:57.661227', 33, true);
INSERT INTO public.flyway_schema_history VALUES (8, '31', 'images counted', 'SQL', 'V31__images_counted.sql', 222195966, 'regild', '2026-11-30 23:07:57.710802', 15, true);
INSERT INTO public.flyway_schema_history VALUES (9, '40', 'job attempts', 'SQL', 'V40__job_attempts.sql', -2045199037, 'regild', '2026-11-30 23:07:57.751493', 3, true);
INSERT INTO public.flyway_schema_history VALUES (10, '47', 'update options', 'SQL', 'V47__update_options.sql', -107431938, 'regild', '2026-11-30 23:07:57.773259', 7, true);
INSERT INTO public.flyway_schema_history VALUES (11, '60', 'job steps', 'SQL', 'V60__job_steps.sql', -1572487465, 'regild', '2026-11-30 23:07:57.785865', 11, true);
INSERT INTO public.flyway_schema_history VALUES (12, '70', 'flattenings', 'SQL', 'V70__flattenings.sql', -160872319, 'regild', '2026-11-30 23:07:57.816874', 74, true);
INSERT INTO public.flyway_schema_history VALUES (13, '81', 'registry id', 'SQL', 'V81__registry_id.sql', 197428834, 'regild', '2026-11-30 23:07:57.909517', 14, true);
INSERT INTO public.flyway_schema_history VALUES (14, '85', 'insight', 'SQL', 'V85__insight.sql', -1075963352, 'regild', '2026-11-30 23:07:57.963667', 121, true);
INSERT INTO public.flyway_schema_history VALUES (15, '90', 'layer attempts', 'SQL', 'V90__layer_attempts.sql', -589928142, 'regild', '2026-11-30 23:07:58.145873', 1, true);
INSERT INTO public.flyway_schema_history VALUES (16, '91', 'store upkeep', 'SQL', 'V91__store_upkeep.sql', 1805165783, 'regild', '2026-11-30 23:07:58.167187', 29, true);
INSERT INTO public.flyway_schema_history VALUES (17, '92', 'statements', 'SQL', 'V92__statements.sql', 634077587, 'regild', '2026-11-30 23:07:58.21621', 109, true);
INSERT INTO public.flyway_schema_history VALUES (18, '100', 'nodes', 'SQL', 'V100__nodes.sql', -1605836974, 'regild', '2026-11-30 23:07:58.378869', 123, true);
INSERT INTO public.flyway_schema_history VALUES (19, '101', 'disk removals', 'SQL', 'V101__disk_removals.sql', -1323417297, 'regild', '2026-11-30 23:07:58.546673', 8, true);
INSERT INTO public.flyway_schema_history VALUES (20, '110', 'shared objects', 'SQL', 'V110__shared_objects.sql', -1156475012, 'regild', '2026-11-30 23:07:58.563905', 320, true);
INSERT INTO public.flyway_schema_history VALUES (21, '111', 'shared channels', 'SQL', 'V111__shared_channels.sql', -1743292883, 'regild', '2026-11-30 23:07:58.948017', 198, true);
INSERT INTO public.flyway_schema_history VALUES (22, '112', 'migrations', 'SQL', 'V112__migrations.sql', -1764463177, 'regild', '2026-11-30 23:07:59.196199', 46, true);
INSERT INTO public.flyway_schema_history VALUES (23, '120', 'verdicts', 'SQL', 'V120__verdicts.sql', -11023478, 'regild', '2026-11-30 23:07:59.260799', 82, true);
INSERT INTO public.flyway_schema_history VALUES (24, '121', 'feeds', 'SQL', 'V121__feeds.sql', 1871891978, 'regild', '2026-11-30 23:07:59.365427', 35, true);
INSERT INTO public.flyway_schema_history VALUES (25, '130', 'package index', 'SQL', 'V130__package_index.sql', 682162100, 'regild', '2026-11-30 23:07:59.532924', 85, true);
INSERT INTO public.flyway_schema_history VALUES (26, '131', 'changelog index', 'SQL', 'V131__changelog_index.sql', 759710881, 'regild', '2026-11-30 23:07:59.668612', 32, true);
INSERT INTO public.flyway_schema_history VALUES (27, '132', 'channel snapshots', 'SQL', 'V132__channel_snapshots.sql', -1880821446, 'regild', '2026-11-30 23:07:59.713902', 23, true);
INSERT INTO public.flyway_schema_history VALUES (28, '133', 'export statements', 'SQL', 'V133__export_statements.sql', 1063681969, 'regild', '2026-11-30 23:07:59.766397', 25, true);
INSERT INTO public.flyway_schema_history VALUES (29, '140', 'console sessions', 'SQL', 'V140__console_sessions.sql', 889785233, 'regild', '2026-11-30 23:07:59.839909', 99, true);
INSERT INTO public.flyway_schema_history VALUES (30, '155', 'export readers', 'SQL', 'V155__export_readers.sql', 1470126480, 'regild', '2026-11-30 23:07:59.966117', 1, true);
INSERT INTO public.flyway_schema_history VALUES (31, '160', 'people', 'SQL', 'V160__people.sql', 550783140, 'regild', '2026-11-30 23:07:59.977342', 18, true);
INSERT INTO public.flyway_schema_history VALUES (32, '161', 'images by state', 'SQL', 'V161__images_by_state.sql', -1038585378, 'regild', '2026-11-30 23:08:00.015567', 14, true);
INSERT INTO public.flyway_schema_history VALUES (33, '162', 'boot evidence', 'SQL', 'V162__boot_evidence.sql', 197926102, 'regild', '2026-11-30 23:08:00.056937', 48, true);
INSERT INTO public.flyway_schema_history VALUES (34, '170', 'lines', 'SQL', 'V170__lines.sql', -1707581506, 'regild', '2026-11-30 23:08:00.141919', 169, true);
INSERT INTO public.flyway_schema_history VALUES (35, '171', 'schedules', 'SQL', 'V171__schedules.sql', 2045126186, 'regild', '2026-11-30 23:08:00.323495', 71, true);
INSERT INTO public.flyway_schema_history VALUES (36, '172', 'notices', 'SQL', 'V172__notices.sql', 1352940515, 'regild', '2026-11-30 23:08:00.415013', 67, true);
INSERT INTO public.flyway_schema_history VALUES (37, '175', 'rings', 'SQL', 'V175__rings.sql', -1087752330, 'regild', '2026-11-30 23:08:00.497808', 140, true);
INSERT INTO public.flyway_schema_history VALUES (38, '176', 'retention', 'SQL', 'V176__retention.sql', -227220124, 'regild', '2026-11-30 23:08:00.660013', 47, true);
INSERT INTO public.flyway_schema_history VALUES (39, '177', 'revocations', 'SQL', 'V177__revocations.sql', -1638588861, 'regild', '2026-11-30 23:08:00.72391', 46, true);


--
-- Data for Name: image; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.image VALUES ('img-1', '528317039478', 'us-east-1', 'golden', NULL, NULL, NULL, 'AVAILABLE', NULL, NULL, '[]', 'PRIVATE', 'CUSTOM', true, 'DEBIAN_12', '[]', 1700000000000, NULL, NULL, true, true, '[]', false, false, 'base', '8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c', '{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.image VALUES ('img-2', '528317039478', 'us-east-1', 'golden-updated', NULL, NULL, NULL, 'AVAILABLE', NULL, NULL, '[]', 'PRIVATE', 'CUSTOM', true, 'DEBIAN_12', '[]', 1700000000000, NULL, NULL, true, true, '[]', false, false, 'top', '8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c', '{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}', NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: image_builder; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_copy; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_fixes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_history; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_import; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_share; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: indexed_inventory; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inventory; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inventory VALUES ('8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c', '\x28b52ffd24c6b50400f208202120c5aa0e78f9c6e781eb08f7d76da5f1003d1577f8ff3676bff1d094aa0408d0f0810c92f5a5388a87a89608cb53a0b25cbaec608ff8db129e1eaeee6e60a0c9f6b29eb6a4f458becbce28f03d9e56796d4fee3e98b6024cb53a82065f0bb8a86c141ccda251964ef7647a77f822cd818150241e3f6d8d2ca6aa63f1b71e0b06001b0be6850d545d5a18c4ba080167c17c02018752d8');


--
-- Data for Name: inventory_form; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: job_step; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: known_package; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: layer; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.layer VALUES ('base', NULL, 14, 1073741824, '21f503eb214ff5a0d7a9faeb8be36cc2c5ca7813d1faec9ec6f328459f419ce9', 1, 0);
INSERT INTO public.layer VALUES ('top', 'base', 14, 1073741824, '0a120176e5a875943a110ba26917b55d31667fe98e6e597857c8dfd0ea79f363', 1, 0);


--
-- Data for Name: line; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: line_image; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: master_key_proof; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.master_key_proof VALUES ('\x0f3d0c75b72fa4da2fe3183dbab88670a118c31b33fe59f4af24e88c03cac16451cf0e01e562edece9ca307ad835ea9c16b331fc5428216900da32');


--
-- Data for Name: migrated_object; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: migration; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: node; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.node VALUES ('vm-6bff2dea', '6bff2dea-3df3-4a76-af36-abc4729778d2', '186b4aac-ccb7-4ada-a4b3-a19e6934681b', 'vm', 'of a source tree', 'serve', 1796080082838, 1796080083077, 1796080090056, 1, 0, 50069368832, 'unknown', 'VM', '', false);


--
-- Data for Name: notice; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: notice_delivery; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: package_file; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: package_inventories; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: package_version; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: person; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: quota_use; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: registry; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.registry VALUES ('61a18edd-9bab-4ee7-aaf5-09ec3359e65f');


--
-- Data for Name: retention; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: retired_layer; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: revocation; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: revoked_image; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: ring; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: ring_line; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: ring_move; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: ring_verdict; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schedule; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schedule_decision; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schedule_run; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: scheduled_tasks; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schema_floor; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_floor VALUES (100);


--
-- Data for Name: signing_key; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.signing_key VALUES (1, '406fa7dbfa42bb4b43dab4c471b96d8c9c56de7652e25256d8c6c8f2b9a2fd93', '\x302a300506032b6570032100c5a33679f8e63f6dc3eab83cb308b4e4ab6da534d205512adc4b2767ce214ea6', '\x48b7b67ba4ba197a3aad95f8298d9da709be7a4f637d227f4c8ac79643abe4e967e660188464a3e8df53121daa7acac380cee19511199273c933dfe837b4ee5aae0d8f7010c1928231aac0dd1b556f284972a508072d0197b126f58e', 1796080083666);


--
-- Data for Name: snapshot; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: snapshot_file; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: statement; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: store_garbage; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: store_task; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: stored_object; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tag; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tag VALUES ('arn:aws:appstream:us-east-1:528317039478:image/golden', 'team', 'desktop');


--
-- Data for Name: turn; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.turn VALUES ('notices', '', 1796080086317);
INSERT INTO public.turn VALUES ('judging', '', 1796080087376);


--
-- Data for Name: update_announced; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: update_run; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: update_step; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: upload; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: upload_part; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: verdict; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: access_key access_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_key
    ADD CONSTRAINT access_key_pkey PRIMARY KEY (id);


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: account_quota account_quota_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_quota
    ADD CONSTRAINT account_quota_pkey PRIMARY KEY (account_id, quota);


--
-- Name: alias_move alias_move_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alias_move
    ADD CONSTRAINT alias_move_pkey PRIMARY KEY (account_id, region, line, name, number);


--
-- Name: alias alias_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alias
    ADD CONSTRAINT alias_pkey PRIMARY KEY (line_id, name);


--
-- Name: binned_image binned_image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.binned_image
    ADD CONSTRAINT binned_image_pkey PRIMARY KEY (image_id);


--
-- Name: boot_evidence boot_evidence_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boot_evidence
    ADD CONSTRAINT boot_evidence_pkey PRIMARY KEY (image_id);


--
-- Name: catalogue_file catalogue_file_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalogue_file
    ADD CONSTRAINT catalogue_file_pkey PRIMARY KEY (channel, path);


--
-- Name: changelog_package changelog_package_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changelog_package
    ADD CONSTRAINT changelog_package_pkey PRIMARY KEY (hash);


--
-- Name: changelog changelog_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changelog
    ADD CONSTRAINT changelog_pkey PRIMARY KEY (hash);


--
-- Name: channel channel_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (name);


--
-- Name: channel_secret channel_secret_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel_secret
    ADD CONSTRAINT channel_secret_pkey PRIMARY KEY (path);


--
-- Name: channel_snapshot channel_snapshot_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel_snapshot
    ADD CONSTRAINT channel_snapshot_pkey PRIMARY KEY (channel, since);


--
-- Name: console_login_code console_login_code_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_login_code
    ADD CONSTRAINT console_login_code_pkey PRIMARY KEY (code_hash);


--
-- Name: console_session console_session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_pkey PRIMARY KEY (id);


--
-- Name: console_session console_session_previous_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_previous_hash_key UNIQUE (previous_hash);


--
-- Name: console_session console_session_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_token_hash_key UNIQUE (token_hash);


--
-- Name: console_view console_view_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_view
    ADD CONSTRAINT console_view_pkey PRIMARY KEY (account_id, name);


--
-- Name: cve_source cve_source_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cve_source
    ADD CONSTRAINT cve_source_pkey PRIMARY KEY (cve, source);


--
-- Name: deprecated_image deprecated_image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deprecated_image
    ADD CONSTRAINT deprecated_image_pkey PRIMARY KEY (image_id);


--
-- Name: disk disk_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disk
    ADD CONSTRAINT disk_pkey PRIMARY KEY (id);


--
-- Name: disk_removal disk_removal_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disk_removal
    ADD CONSTRAINT disk_removal_pkey PRIMARY KEY (disk_id);


--
-- Name: event event_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_id_key UNIQUE (id);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (number);


--
-- Name: export_statement export_statement_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_statement
    ADD CONSTRAINT export_statement_pkey PRIMARY KEY (account_id, sha256);


--
-- Name: export_task export_task_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_task
    ADD CONSTRAINT export_task_pkey PRIMARY KEY (id);


--
-- Name: feed_facts feed_facts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feed_facts
    ADD CONSTRAINT feed_facts_pkey PRIMARY KEY (feed, platform);


--
-- Name: feed feed_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (name);


--
-- Name: flattening flattening_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flattening
    ADD CONSTRAINT flattening_pkey PRIMARY KEY (id);


--
-- Name: flyway_schema_history flyway_schema_history_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flyway_schema_history
    ADD CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank);


--
-- Name: image image_account_id_region_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_account_id_region_name_key UNIQUE (account_id, region, name);


--
-- Name: image_builder image_builder_new_image_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_builder
    ADD CONSTRAINT image_builder_new_image_id_key UNIQUE (new_image_id);


--
-- Name: image_builder image_builder_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_builder
    ADD CONSTRAINT image_builder_pkey PRIMARY KEY (account_id, region, name);


--
-- Name: image_copy image_copy_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_copy
    ADD CONSTRAINT image_copy_pkey PRIMARY KEY (image_id);


--
-- Name: image_fixes image_fixes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_fixes
    ADD CONSTRAINT image_fixes_pkey PRIMARY KEY (image_id);


--
-- Name: image_history image_history_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_history
    ADD CONSTRAINT image_history_pkey PRIMARY KEY (image_id);


--
-- Name: image_import image_import_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_import
    ADD CONSTRAINT image_import_pkey PRIMARY KEY (image_id);


--
-- Name: image image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_pkey PRIMARY KEY (id);


--
-- Name: image_share image_share_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_share
    ADD CONSTRAINT image_share_pkey PRIMARY KEY (image_id, account_id);


--
-- Name: indexed_inventory indexed_inventory_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.indexed_inventory
    ADD CONSTRAINT indexed_inventory_digest_key UNIQUE (digest);


--
-- Name: indexed_inventory indexed_inventory_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.indexed_inventory
    ADD CONSTRAINT indexed_inventory_pkey PRIMARY KEY (id);


--
-- Name: inventory_form inventory_form_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inventory_form
    ADD CONSTRAINT inventory_form_pkey PRIMARY KEY (inventory_digest);


--
-- Name: inventory inventory_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_pkey PRIMARY KEY (digest);


--
-- Name: job_step job_step_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_step
    ADD CONSTRAINT job_step_pkey PRIMARY KEY (job_id, attempt, ordinal);


--
-- Name: known_package known_package_facts_sha256_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_package
    ADD CONSTRAINT known_package_facts_sha256_key UNIQUE (facts_sha256);


--
-- Name: known_package known_package_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_package
    ADD CONSTRAINT known_package_pkey PRIMARY KEY (id);


--
-- Name: layer layer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.layer
    ADD CONSTRAINT layer_pkey PRIMARY KEY (id);


--
-- Name: line line_account_id_region_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_account_id_region_name_key UNIQUE (account_id, region, name);


--
-- Name: line_image line_image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_image
    ADD CONSTRAINT line_image_pkey PRIMARY KEY (image_id);


--
-- Name: line line_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (id);


--
-- Name: migrated_object migrated_object_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migrated_object
    ADD CONSTRAINT migrated_object_pkey PRIMARY KEY (name);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (source);


--
-- Name: node node_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (name);


--
-- Name: notice notice_account_id_region_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_account_id_region_name_key UNIQUE (account_id, region, name);


--
-- Name: notice_delivery notice_delivery_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notice_delivery
    ADD CONSTRAINT notice_delivery_pkey PRIMARY KEY (notice_id, event);


--
-- Name: notice notice_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);


--
-- Name: package_file package_file_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_file
    ADD CONSTRAINT package_file_pkey PRIMARY KEY (hash);


--
-- Name: package_inventories package_inventories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_inventories
    ADD CONSTRAINT package_inventories_pkey PRIMARY KEY (package_id, block);


--
-- Name: package_version package_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_version
    ADD CONSTRAINT package_version_pkey PRIMARY KEY (id);


--
-- Name: person person_issuer_subject_account_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_issuer_subject_account_id_key UNIQUE (issuer, subject, account_id);


--
-- Name: person person_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (key_id);


--
-- Name: quota_use quota_guard_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quota_use
    ADD CONSTRAINT quota_guard_pkey PRIMARY KEY (account_id, region);


--
-- Name: registry registry_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registry
    ADD CONSTRAINT registry_pkey PRIMARY KEY (id);


--
-- Name: retention retention_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (line_id);


--
-- Name: retired_layer retired_layer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.retired_layer
    ADD CONSTRAINT retired_layer_pkey PRIMARY KEY (layer_id);


--
-- Name: revocation revocation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revocation
    ADD CONSTRAINT revocation_pkey PRIMARY KEY (id);


--
-- Name: revoked_image revoked_image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revoked_image
    ADD CONSTRAINT revoked_image_pkey PRIMARY KEY (revocation_id, image_id);


--
-- Name: ring ring_channel_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring
    ADD CONSTRAINT ring_channel_name_key UNIQUE (channel, name);


--
-- Name: ring_line ring_line_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_line
    ADD CONSTRAINT ring_line_pkey PRIMARY KEY (line_id);


--
-- Name: ring_move ring_move_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_move
    ADD CONSTRAINT ring_move_pkey PRIMARY KEY (channel, ring, number);


--
-- Name: ring ring_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring
    ADD CONSTRAINT ring_pkey PRIMARY KEY (id);


--
-- Name: ring_verdict ring_verdict_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_verdict
    ADD CONSTRAINT ring_verdict_pkey PRIMARY KEY (ring_id, inventory_digest);


--
-- Name: schedule schedule_account_id_region_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_account_id_region_name_key UNIQUE (account_id, region, name);


--
-- Name: schedule_decision schedule_decision_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_decision
    ADD CONSTRAINT schedule_decision_pkey PRIMARY KEY (schedule_id, due, line);


--
-- Name: schedule schedule_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (id);


--
-- Name: schedule_run schedule_run_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_run
    ADD CONSTRAINT schedule_run_pkey PRIMARY KEY (schedule_id, due);


--
-- Name: scheduled_tasks scheduled_tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scheduled_tasks
    ADD CONSTRAINT scheduled_tasks_pkey PRIMARY KEY (task_name, task_instance);


--
-- Name: signing_key signing_key_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_key
    ADD CONSTRAINT signing_key_id_key UNIQUE (id);


--
-- Name: signing_key signing_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_key
    ADD CONSTRAINT signing_key_pkey PRIMARY KEY (serial);


--
-- Name: snapshot_file snapshot_file_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshot_file
    ADD CONSTRAINT snapshot_file_pkey PRIMARY KEY (digest, path);


--
-- Name: snapshot snapshot_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (digest);


--
-- Name: statement statement_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_pkey PRIMARY KEY (image_id, number);


--
-- Name: store_garbage store_garbage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.store_garbage
    ADD CONSTRAINT store_garbage_pkey PRIMARY KEY (object, upload);


--
-- Name: store_task store_task_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.store_task
    ADD CONSTRAINT store_task_pkey PRIMARY KEY (name);


--
-- Name: stored_object stored_object_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stored_object
    ADD CONSTRAINT stored_object_pkey PRIMARY KEY (name);


--
-- Name: tag tag_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (resource_arn, tag_key);


--
-- Name: turn turn_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.turn
    ADD CONSTRAINT turn_pkey PRIMARY KEY (name);


--
-- Name: update_announced update_announced_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_announced
    ADD CONSTRAINT update_announced_pkey PRIMARY KEY (image_id);


--
-- Name: update_run update_run_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_run
    ADD CONSTRAINT update_run_pkey PRIMARY KEY (image_id);


--
-- Name: update_step update_step_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_step
    ADD CONSTRAINT update_step_pkey PRIMARY KEY (image_id, attempt, ordinal);


--
-- Name: upload_part upload_part_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload_part
    ADD CONSTRAINT upload_part_pkey PRIMARY KEY (upload_id, number);


--
-- Name: upload upload_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);


--
-- Name: verdict verdict_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (inventory_digest);


--
-- Name: access_key_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX access_key_of_account ON public.access_key USING btree (account_id);


--
-- Name: alias_of_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX alias_of_image ON public.alias USING btree (image_id);


--
-- Name: binned_image_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX binned_image_by_end ON public.binned_image USING btree (ends);


--
-- Name: binned_image_of_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX binned_image_of_owner ON public.binned_image USING btree (account_id, region, name);


--
-- Name: catalogue_file_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX catalogue_file_by_object ON public.catalogue_file USING btree (object);


--
-- Name: changelog_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX changelog_by_age ON public.changelog USING btree (read_at);


--
-- Name: changelog_of_package; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX changelog_of_package ON public.changelog_package USING btree (name, version);


--
-- Name: channel_snapshot_of_digest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX channel_snapshot_of_digest ON public.channel_snapshot USING btree (digest);


--
-- Name: console_session_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX console_session_by_age ON public.console_session USING btree (created);


--
-- Name: console_session_of_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX console_session_of_key ON public.console_session USING btree (key_id, created);


--
-- Name: cve_of_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cve_of_source ON public.cve_source USING btree (source);


--
-- Name: disk_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX disk_by_account ON public.disk USING btree (account_id, received, id);


--
-- Name: disk_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX disk_by_object ON public.disk USING btree (object);


--
-- Name: event_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX event_of_account ON public.event USING btree (account_id, number);


--
-- Name: export_statement_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_statement_by_age ON public.export_statement USING btree (created);


--
-- Name: export_task_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_task_by_key ON public.export_task USING btree (account_id, region, created, id);


--
-- Name: export_task_of_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_task_of_image ON public.export_task USING btree (image_id, state);


--
-- Name: flattening_of_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flattening_of_image ON public.flattening USING btree (image_id, state);


--
-- Name: flyway_schema_history_s_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flyway_schema_history_s_idx ON public.flyway_schema_history USING btree (success);


--
-- Name: image_by_creation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_creation ON public.image USING btree (account_id, region, created, id);


--
-- Name: image_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_key ON public.image USING btree (region, name, id);


--
-- Name: image_by_platform; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_platform ON public.image USING btree (account_id, region, platform);


--
-- Name: image_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_state ON public.image USING btree (account_id, region, state, created, id);


--
-- Name: image_copy_of_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_copy_of_source ON public.image_copy USING btree (source_image_id);


--
-- Name: image_history_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_history_by_name ON public.image_history USING btree (account_id, region, name, image_id, inventory_id, deleted);


--
-- Name: image_history_deleted; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_history_deleted ON public.image_history USING btree (deleted);


--
-- Name: image_history_of_inventory; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_history_of_inventory ON public.image_history USING btree (inventory_id);


--
-- Name: image_import_of_disk; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_import_of_disk ON public.image_import USING btree (disk_id, ended);


--
-- Name: image_in_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_in_state ON public.image USING btree (state);


--
-- Name: image_of_inventory; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_of_inventory ON public.image USING btree (inventory_digest);


--
-- Name: image_of_previous; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_of_previous ON public.image USING btree (previous_id);


--
-- Name: image_on_layer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_on_layer ON public.image USING btree (layer_id);


--
-- Name: image_share_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_share_by_key ON public.image_share USING btree (account_id, region, name, image_id);


--
-- Name: layer_on_base; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX layer_on_base ON public.layer USING btree (base_id);


--
-- Name: line_image_of_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX line_image_of_line ON public.line_image USING btree (line_id, image_id);


--
-- Name: notice_delivery_of_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notice_delivery_of_subject ON public.notice_delivery USING btree (notice_id, subject, event);


--
-- Name: package_file_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_file_by_object ON public.package_file USING btree (object);


--
-- Name: package_inventories_of_block; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_inventories_of_block ON public.package_inventories USING btree (block);


--
-- Name: package_version_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_version_by_name ON public.package_version USING btree (name);


--
-- Name: package_version_by_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX package_version_by_source ON public.package_version USING btree (source);


--
-- Name: revocation_of_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_of_owner ON public.revocation USING btree (account_id, region, created);


--
-- Name: revoked_image_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revoked_image_by_image ON public.revoked_image USING btree (image_id);


--
-- Name: ring_line_of_ring; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ring_line_of_ring ON public.ring_line USING btree (ring_id);


--
-- Name: ring_verdict_of_inventory; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ring_verdict_of_inventory ON public.ring_verdict USING btree (inventory_digest);


--
-- Name: schedule_run_in_progress; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX schedule_run_in_progress ON public.schedule_run USING btree (ended, schedule_id, due);


--
-- Name: scheduled_tasks_execution_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scheduled_tasks_execution_time ON public.scheduled_tasks USING btree (execution_time);


--
-- Name: scheduled_tasks_last_heartbeat; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scheduled_tasks_last_heartbeat ON public.scheduled_tasks USING btree (last_heartbeat);


--
-- Name: scheduled_tasks_priority; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scheduled_tasks_priority ON public.scheduled_tasks USING btree (priority DESC, execution_time);


--
-- Name: snapshot_file_by_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX snapshot_file_by_object ON public.snapshot_file USING btree (object);


--
-- Name: stored_object_by_content; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stored_object_by_content ON public.stored_object USING btree (sha256);


--
-- Name: stored_object_by_scrub; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX stored_object_by_scrub ON public.stored_object USING btree (scrubbed, name);


--
-- Name: update_run_in_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX update_run_in_status ON public.update_run USING btree (status, created);


--
-- Name: update_run_of_existing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX update_run_of_existing ON public.update_run USING btree (existing_image_id, status);


--
-- Name: update_run_to_snapshot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX update_run_to_snapshot ON public.update_run USING btree (snapshot_digest);


--
-- Name: upload_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX upload_by_account ON public.upload USING btree (account_id, begun, id);


--
-- Name: verdict_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX verdict_by_age ON public.verdict USING btree (outdated_since);


--
-- Name: verdict_by_basis; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX verdict_by_basis ON public.verdict USING btree (platform, basis);


--
-- Name: access_key access_key_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_key
    ADD CONSTRAINT access_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: account_quota account_quota_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_quota
    ADD CONSTRAINT account_quota_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: alias alias_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alias
    ADD CONSTRAINT alias_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id);


--
-- Name: alias alias_line_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alias
    ADD CONSTRAINT alias_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);


--
-- Name: binned_image binned_image_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.binned_image
    ADD CONSTRAINT binned_image_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: boot_evidence boot_evidence_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boot_evidence
    ADD CONSTRAINT boot_evidence_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: catalogue_file catalogue_file_channel_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalogue_file
    ADD CONSTRAINT catalogue_file_channel_fkey FOREIGN KEY (channel) REFERENCES public.channel(name) ON DELETE CASCADE;


--
-- Name: catalogue_file catalogue_file_object_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalogue_file
    ADD CONSTRAINT catalogue_file_object_fkey FOREIGN KEY (object) REFERENCES public.stored_object(name);


--
-- Name: changelog_package changelog_package_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changelog_package
    ADD CONSTRAINT changelog_package_hash_fkey FOREIGN KEY (hash) REFERENCES public.changelog(hash) ON DELETE CASCADE;


--
-- Name: console_login_code console_login_code_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_login_code
    ADD CONSTRAINT console_login_code_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.access_key(id) ON DELETE CASCADE;


--
-- Name: console_session console_session_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.access_key(id) ON DELETE CASCADE;


--
-- Name: deprecated_image deprecated_image_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deprecated_image
    ADD CONSTRAINT deprecated_image_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: disk disk_object_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.disk
    ADD CONSTRAINT disk_object_fkey FOREIGN KEY (object) REFERENCES public.stored_object(name);


--
-- Name: feed_facts feed_facts_feed_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feed_facts
    ADD CONSTRAINT feed_facts_feed_fkey FOREIGN KEY (feed) REFERENCES public.feed(name) ON DELETE CASCADE;


--
-- Name: flattening flattening_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flattening
    ADD CONSTRAINT flattening_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: image_builder image_builder_new_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_builder
    ADD CONSTRAINT image_builder_new_image_id_fkey FOREIGN KEY (new_image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: image_copy image_copy_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_copy
    ADD CONSTRAINT image_copy_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: image_fixes image_fixes_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_fixes
    ADD CONSTRAINT image_fixes_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: image_import image_import_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_import
    ADD CONSTRAINT image_import_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: image image_inventory_digest_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_inventory_digest_fkey FOREIGN KEY (inventory_digest) REFERENCES public.inventory(digest);


--
-- Name: image image_layer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_layer_id_fkey FOREIGN KEY (layer_id) REFERENCES public.layer(id);


--
-- Name: image_share image_share_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_share
    ADD CONSTRAINT image_share_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: inventory_form inventory_form_inventory_digest_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inventory_form
    ADD CONSTRAINT inventory_form_inventory_digest_fkey FOREIGN KEY (inventory_digest) REFERENCES public.inventory(digest) ON DELETE CASCADE;


--
-- Name: layer layer_base_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.layer
    ADD CONSTRAINT layer_base_id_fkey FOREIGN KEY (base_id) REFERENCES public.layer(id);


--
-- Name: line_image line_image_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_image
    ADD CONSTRAINT line_image_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: line_image line_image_line_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.line_image
    ADD CONSTRAINT line_image_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id) ON DELETE CASCADE;


--
-- Name: notice_delivery notice_delivery_notice_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notice_delivery
    ADD CONSTRAINT notice_delivery_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES public.notice(id) ON DELETE CASCADE;


--
-- Name: package_file package_file_object_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.package_file
    ADD CONSTRAINT package_file_object_fkey FOREIGN KEY (object) REFERENCES public.stored_object(name);


--
-- Name: person person_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: person person_key_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.access_key(id) ON DELETE CASCADE;


--
-- Name: retention retention_line_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.retention
    ADD CONSTRAINT retention_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id) ON DELETE CASCADE;


--
-- Name: revoked_image revoked_image_revocation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revoked_image
    ADD CONSTRAINT revoked_image_revocation_id_fkey FOREIGN KEY (revocation_id) REFERENCES public.revocation(id) ON DELETE CASCADE;


--
-- Name: ring_line ring_line_line_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_line
    ADD CONSTRAINT ring_line_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id) ON DELETE CASCADE;


--
-- Name: ring_line ring_line_ring_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_line
    ADD CONSTRAINT ring_line_ring_id_fkey FOREIGN KEY (ring_id) REFERENCES public.ring(id);


--
-- Name: ring_verdict ring_verdict_inventory_digest_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_verdict
    ADD CONSTRAINT ring_verdict_inventory_digest_fkey FOREIGN KEY (inventory_digest) REFERENCES public.inventory(digest) ON DELETE CASCADE;


--
-- Name: ring_verdict ring_verdict_ring_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ring_verdict
    ADD CONSTRAINT ring_verdict_ring_id_fkey FOREIGN KEY (ring_id) REFERENCES public.ring(id) ON DELETE CASCADE;


--
-- Name: schedule_decision schedule_decision_schedule_id_due_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_decision
    ADD CONSTRAINT schedule_decision_schedule_id_due_fkey FOREIGN KEY (schedule_id, due) REFERENCES public.schedule_run(schedule_id, due) ON DELETE CASCADE;


--
-- Name: schedule_run schedule_run_schedule_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_run
    ADD CONSTRAINT schedule_run_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id) ON DELETE CASCADE;


--
-- Name: snapshot_file snapshot_file_digest_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshot_file
    ADD CONSTRAINT snapshot_file_digest_fkey FOREIGN KEY (digest) REFERENCES public.snapshot(digest) ON DELETE CASCADE;


--
-- Name: snapshot_file snapshot_file_object_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshot_file
    ADD CONSTRAINT snapshot_file_object_fkey FOREIGN KEY (object) REFERENCES public.stored_object(name);


--
-- Name: statement statement_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: update_announced update_announced_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_announced
    ADD CONSTRAINT update_announced_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: update_run update_run_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_run
    ADD CONSTRAINT update_run_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id) ON DELETE CASCADE;


--
-- Name: update_step update_step_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_step
    ADD CONSTRAINT update_step_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.update_run(image_id) ON DELETE CASCADE;


--
-- Name: upload_part upload_part_upload_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload_part
    ADD CONSTRAINT upload_part_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.upload(id) ON DELETE CASCADE;


--
-- Name: verdict verdict_inventory_digest_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.verdict
    ADD CONSTRAINT verdict_inventory_digest_fkey FOREIGN KEY (inventory_digest) REFERENCES public.inventory(digest) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


