-- An unknown key in a document would vanish silently and a missing column arrive as null instead
-- of its default: so every row of a part must have exactly the keys that the part reads.
create function refuse_unknown_v1(p_part text, p_rows jsonb, variadic p_keys text[]) returns void
language plpgsql immutable parallel safe security invoker as $$
declare
    r jsonb;
begin
    for r in select value from jsonb_array_elements(p_rows) loop
        if not r ?& p_keys or r - p_keys <> '{}' then
            raise exception 'part % of the commit document has other keys: %', p_part,
                (select array_agg(k order by k) from jsonb_object_keys(r) k)
                using errcode = 'MT003';
        end if;
    end loop;
end
$$;

-- A conditional move found its row otherwise than the turn had read it: nothing of it happens.
create function stale_v1(p_part text) returns void
language plpgsql immutable parallel safe security invoker as $$
begin
    raise exception '%: no longer as it was read', p_part using errcode = 'MT001';
end
$$;
