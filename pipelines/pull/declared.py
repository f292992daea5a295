"""The routes' models, which belong to the settings, under the name that pulling knows them by."""

from pipelines.routes import ApiRoute, DatabaseRoute, FolderRoute, MailboxRoute, RemoteRoute, Route

__all__ = ["ApiRoute", "DatabaseRoute", "FolderRoute", "MailboxRoute", "RemoteRoute", "Route"]
