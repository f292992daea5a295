"""The routes' models, which belong to the settings, under the name that pulling knows them by."""

from pipelines.routes import DatabaseRoute, FolderRoute, MailboxRoute, RemoteRoute, Route

__all__ = ["DatabaseRoute", "FolderRoute", "MailboxRoute", "RemoteRoute", "Route"]
