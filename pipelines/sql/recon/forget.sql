-- what: takes back every result, so that the night judges everything
-- grain: none
-- inputs: recon__item, recon__member, recon__cleared, recon__open_record
-- parameters: none

DELETE FROM recon__item;

DELETE FROM recon__member;

DELETE FROM recon__cleared;

DELETE FROM recon__open_record;
