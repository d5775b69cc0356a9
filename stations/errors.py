"""What can go wrong, each with the sentence that a user will read, in Chinese and English.

`api/errors.py` gives each class its HTTP status; the command line prints the sentence and exits 2.
"""

from typing import Any, ClassVar


class NuanyiError(Exception):
    """A sentence for the user. `field` names the input that is wrong, where there is one."""

    zh: ClassVar[str] = "出错了。"
    en: ClassVar[str] = "Something went wrong."

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field
        self.values = values
        self.extra: dict[str, Any] = {}  # more for the reply, such as the version that is current
        super().__init__(self.sentence("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """Cross from the coverage process: the default would not call `__init__` by keyword."""
        return _raised_again, (type(self), self.field, self.values)

    def sentence(self, lang: str) -> str:
        """Return the sentence in `zh` or `en`."""
        template = self.en if lang == "en" else self.zh
        return template.format(field=self.field, **self.values)


def _raised_again(
    error: type[NuanyiError], field: str | None, values: dict[str, object]
) -> NuanyiError:
    return error(field=field, **values)


class InvalidInputError(NuanyiError):
    """A value that cannot be used, with the reason."""

    zh = "{field}：{problem_zh}"
    en = "{field}: {problem_en}"


class UnknownTermError(NuanyiError):
    """A kind, service, entry method, tier or the like that the taxonomy does not have."""

    zh = "{field}：没有“{value}”这一项。可用的有：{known}。"
    en = "{field}: there is no “{value}”. Known: {known}."


class CoordinateError(NuanyiError):
    """A coordinate that is not a number, not finite, or out of range."""

    zh = "{field}：“{value}”不是有效的坐标（经度 -180 到 180，纬度 -90 到 90）。"
    en = "{field}: “{value}” is not a valid coordinate (longitude -180 to 180, latitude -90 to 90)."


class OutsideServedAreaError(NuanyiError):
    """A write with a position that no area covers and none within 2 km."""

    zh = "{field}：位置在服务区域之外，离最近的区域超过 2 公里。请检查经纬度的顺序和坐标系。"
    en = (
        "{field}: the position is outside the served area, more than 2 km from the nearest area. "
        "Check the axis order and the datum."
    )


class StationNotFoundError(NuanyiError):
    """No such station that this person may see or edit."""

    zh = "没有找到站点 {code}。"
    en = "There is no station {code}."


class EventNotFoundError(NuanyiError):
    """No such event that this person may see or edit."""

    zh = "没有找到活动 {code}。"
    en = "There is no event {code}."


class CalendarDayNotFoundError(NuanyiError):
    """No administrator wrote anything of this date, so there is nothing to take back."""

    zh = "{date} 没有人工设置，无需撤销。"
    en = "Nothing was written by hand for {date}, so there is nothing to take back."


class AreaNotFoundError(NuanyiError):
    """No such area."""

    zh = "{field}：没有编号为“{value}”的区域。"
    en = "{field}: there is no area “{value}”."


class IndicatorNotFoundError(NuanyiError):
    """The plan in force has no such indicator."""

    zh = "规划里没有“{value}”这项指标。"
    en = "The plan has no indicator “{value}”."


class NoBoundaryError(NuanyiError):
    """Coverage was asked of an area whose shape is not known."""

    zh = "{field}：“{value}”没有边界，无法计算覆盖。"
    en = "{field}: “{value}” has no boundary, so its coverage cannot be computed."


class NoDemandError(NuanyiError):
    """Coverage was asked where no residents are loaded."""

    zh = "还没有载入人口数据，无法计算覆盖。"
    en = "No residents are loaded yet, so coverage cannot be computed."


class NetworkReplacedError(NuanyiError):
    """The street network's file was replaced between the question and its computation."""

    zh = "路网刚刚更换，请再试一次。"
    en = "The street network has just been replaced. Please try again."


class StaleVersionError(NuanyiError):
    """The listing was changed by someone else since it was read."""

    zh = (
        "这条信息刚刚被别人改过（现在是第 {current_version} 版）。"
        "您填写的内容还在，请核对后再保存。"
    )
    en = (
        "This listing was changed by someone else (it is now version {current_version}). "
        "Nothing you typed is lost: compare and save again."
    )


class PreconditionRequiredError(NuanyiError):
    """A write without If-Match."""

    zh = "缺少 If-Match：请带上您读到的版本号。"
    en = "If-Match is missing: send the version that you read."


class NotLoggedInError(NuanyiError):
    """A route for account holders was called without a session."""

    zh = "请先登录。"
    en = "Please log in first."


class NotAllowedError(NuanyiError):
    """The account's role does not reach this far."""

    zh = "您的账号没有这项权限。"
    en = "Your account may not do this."


class WrongLoginError(NuanyiError):
    """The login or the password is wrong; which of them is not told."""

    zh = "账号或密码不对。"
    en = "The login or the password is wrong."


class TooManyLoginsError(NuanyiError):
    """Too many failed logins; the sentence says when to try again."""

    zh = "失败次数太多，请在 {retry_after_s} 秒后再试。"
    en = "Too many failed attempts. Try again in {retry_after_s} seconds."


class CsrfError(NuanyiError):
    """A write without the token of its session."""

    zh = "页面已过期，请刷新后重试（缺少或错误的 X-CSRF-Token）。"
    en = "The page is out of date, please reload it (missing or wrong X-CSRF-Token)."


class DatabaseUnavailableError(NuanyiError):
    """PostGIS does not answer."""

    zh = "数据库暂时连不上，请稍后再试。"
    en = "The database cannot be reached right now. Please try again shortly."


class WriteBusyError(NuanyiError):
    """Another write holds what this one needs, an import perhaps."""

    zh = "别人正在写入（也许在批量导入），请稍后再试。您填写的内容没有丢。"
    en = "Somebody else is writing, an import perhaps. Please try again shortly."


class BusyError(NuanyiError):
    """More is being computed than this server takes on at once."""

    zh = "正在计算的任务太多，请稍后再试。"
    en = "Too much is being computed right now. Please try again shortly."


class FileRefusedError(NuanyiError):
    """A file that cannot be read as what it is said to be; nothing was written."""

    zh = "{field}：{problem_zh}"
    en = "{field}: {problem_en}"


class ImportNotFoundError(NuanyiError):
    """No import of that number."""

    zh = "没有编号为 {id} 的导入。"
    en = "There is no import {id}."


class ImportUndoneError(NuanyiError):
    """An import can be taken back once."""

    zh = "导入 {id} 已经撤销过了。"
    en = "Import {id} was undone already."


class GeocoderError(NuanyiError):
    """A map provider does not answer as it should; what was placed before stays."""

    zh = "{provider} 没有给出结果：{problem_zh}"
    en = "{provider} gave no answer: {problem_en}"


class SchemaBehindError(NuanyiError):
    """The database has not been migrated to this version of the program."""

    zh = "数据库还不是当前版本，请先运行 nuanyi db upgrade。"
    en = "The database is not at this version of the program: run nuanyi db upgrade first."


class SchemaAheadError(NuanyiError):
    """The database was made by a newer version of the program."""

    zh = "数据库比这个程序新，请先更新程序。"
    en = "The database is newer than this program: update the program first."


class DatabaseRefusedError(NuanyiError):
    """PostgreSQL would not do what was asked of it; it says why itself."""

    zh = "数据库拒绝了：{problem}"
    en = "The database refused: {problem}"


class LocalPostgresError(NuanyiError):
    """What can go wrong with the private cluster, its backups and the programs they need."""

    zh = "本机数据库出错了：{problem}"
    en = "The private database failed: {problem}"


class PostgresMissingError(LocalPostgresError):
    """PostgreSQL's programs are not installed, or are too old."""

    zh = "没有找到 PostgreSQL {oldest} 或更新的版本。请运行：{command}"
    en = "PostgreSQL {oldest} or newer was not found. Run: {command}"


class PostgisMissingError(LocalPostgresError):
    """The server is there, its PostGIS is not, or is too old."""

    zh = "PostgreSQL {major} 缺少 PostGIS 3.3 或更新的版本。请运行：{command}"
    en = "PostgreSQL {major} lacks PostGIS 3.3 or newer. Run: {command}"


class ClusterVersionError(LocalPostgresError):
    """The cluster was made by a major version that is not installed."""

    zh = (
        "这份数据由 PostgreSQL {major} 写成，本机只有：{found}。"
        "请运行：{command}；或者先用旧版本备份（nuanyi db backup），再在新的数据目录中恢复。"
    )
    en = (
        "This data was written by PostgreSQL {major}; installed here: {found}. "
        "Run: {command}; or back it up with the old version (nuanyi db backup) "
        "and restore it into a new data directory."
    )


class ClusterStartError(LocalPostgresError):
    """The server did not start; the end of its log says why."""

    zh = "数据库没有启动成功。日志 {log}：\n{problem}"
    en = "The database server did not start. Log {log}:\n{problem}"


class ClusterUnreachableError(LocalPostgresError):
    """The cluster lies where the user that must run it cannot go."""

    zh = "用户 {user} 无法访问 {path} 中的数据库。请放开上级目录的进入权限（chmod o+x）。"
    en = (
        "The user {user} cannot reach the database in {path}. "
        "Let others pass through the directories above it (chmod o+x)."
    )


class ClusterBusyError(LocalPostgresError):
    """Another process has been starting or stopping this cluster for too long."""

    zh = "另一个进程一直在启动或停止这个数据库（{lock}）。请稍后再试。"
    en = "Another process is still starting or stopping this database ({lock}). Try again shortly."


class DataDirectoryError(LocalPostgresError):
    """The data directory cannot be used."""

    zh = "数据目录 {path} 无法使用：{problem}"
    en = "The data directory {path} cannot be used: {problem}"


class BackupError(LocalPostgresError):
    """The backup was not made; no half-written file is left."""

    zh = "备份没有完成：{problem}"
    en = "The backup was not made: {problem}"


class RestoreError(LocalPostgresError):
    """The backup could not be restored; the database is as it was."""

    zh = "恢复没有完成，数据库保持原样：{problem}"
    en = "Nothing was restored, the database is as it was: {problem}"


class ScenarioNotFoundError(NuanyiError):
    """No such scenario, or somebody else's that is not shared."""

    zh = "没有编号为“{value}”的方案，或者没有共享给您。"
    en = "There is no scenario “{value}”, or it is not shared with you."
